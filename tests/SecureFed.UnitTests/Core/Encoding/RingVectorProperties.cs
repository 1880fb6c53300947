using System.Numerics;
using FsCheck.Fluent;
using SecureFed.Core;
using SecureFed.Tests.Shared;
using Xunit.Abstractions;

namespace SecureFed.UnitTests.Core.Encoding;

public sealed class RingVectorProperties(ITestOutputHelper output)
{
    [Fact]
    public void Addition_is_that_of_the_integers_mod_2_to_the_b() =>
        Prop.ForAll(
                VectorCase.Arbitrary,
                shape =>
                {
                    RingVector left = shape.Vector(1);
                    RingVector right = shape.Vector(2);
                    RingVector sum = left.Copy();
                    sum.Add(right);
                    return Enumerable
                        .Range(0, shape.Length)
                        .All(i => sum[i] == (((BigInteger)left[i] + right[i]) & left.Ring.Mask));
                }
            )
            .Holds(output);

    [Fact]
    public void Addition_commutes_and_associates() =>
        Prop.ForAll(
                VectorCase.Arbitrary,
                shape =>
                {
                    RingVector oneWay = shape.Vector(1);
                    oneWay.Add(shape.Vector(2));
                    oneWay.Add(shape.Vector(3));
                    RingVector otherWay = shape.Vector(3);
                    otherWay.Add(shape.Vector(2));
                    otherWay.Add(shape.Vector(1));
                    return oneWay.ContentEquals(otherWay);
                }
            )
            .Holds(output);

    [Fact]
    public void Subtraction_undoes_addition() =>
        Prop.ForAll(
                VectorCase.Arbitrary,
                shape =>
                {
                    RingVector vector = shape.Vector(1);
                    vector.Add(shape.Vector(2));
                    vector.Subtract(shape.Vector(2));
                    return vector.ContentEquals(shape.Vector(1));
                }
            )
            .Holds(output);

    [Fact]
    public void A_vector_minus_itself_is_zero() =>
        Prop.ForAll(
                VectorCase.Arbitrary,
                shape =>
                {
                    RingVector vector = shape.Vector(1);
                    vector.Subtract(vector);
                    return vector.ContentEquals(new RingVector(vector.Ring, shape.Length));
                }
            )
            .Holds(output);

    [Fact]
    public void Packing_and_unpacking_are_inverse_and_unpacking_into_a_sum_is_adding() =>
        Prop.ForAll(
                VectorCase.Arbitrary,
                shape =>
                {
                    RingVector vector = shape.Vector(1);
                    byte[] packed = RingPacking.Pack(vector);
                    RingVector read = shape.Vector(2);
                    RingVector added = shape.Vector(2);
                    RingVector sum = shape.Vector(2);
                    sum.Add(vector);
                    return RingPacking.TryUnpack(packed, read)
                        && read.ContentEquals(vector)
                        && RingPacking.TryUnpackAdd(packed, added)
                        && added.ContentEquals(sum);
                }
            )
            .Holds(output, 500);

    [Fact]
    public void Bytes_are_read_only_when_they_are_what_packing_would_write() =>
        Prop.ForAll(
                VectorCase.Arbitrary,
                shape =>
                {
                    RingVector read = new(new Ring(shape.Bits), shape.Length);
                    byte[] bytes = new byte[RingPacking.PackedSizeInBytes(read.Ring, read.Length)];
                    new Random(shape.Seed).NextBytes(bytes);
                    bool isCanonical = RingPacking.TryUnpack(bytes, read);
                    return isCanonical == RingPacking.Pack(read).AsSpan().SequenceEqual(bytes);
                }
            )
            .Holds(output, 500);
}
