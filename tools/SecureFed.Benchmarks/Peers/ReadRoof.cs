using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SecureFed.Benchmarks.Measuring;

namespace SecureFed.Benchmarks.Peers;

/// <summary>
/// How fast one core reads floats from memory: a C loop compiled on this machine, or the same loop in C# where there is
/// no C compiler.
/// </summary>
internal sealed unsafe class ReadRoof
{
    private const string Source = """
        #include <stddef.h>
        float roof_read(const float *a, size_t n)
        {
            float sums[64] = {0};
            for (size_t i = 0; i + 64 <= n; i += 64)
                for (int j = 0; j < 64; j++)
                    sums[j] += a[i + j];
            float total = 0;
            for (int j = 0; j < 64; j++)
                total += sums[j];
            return total;
        }
        """;

    private readonly delegate* unmanaged<float*, nuint, float> _native;

    private ReadRoof(nint native) => _native = (delegate* unmanaged<float*, nuint, float>)native;

    /// <summary>Whether the C loop is in use.</summary>
    public bool IsNative => _native is not null;

    /// <summary>Keeps the loops' results alive.</summary>
    public float Sink { get; private set; }

    /// <summary>Compiles the loop, or falls back.</summary>
    public static ReadRoof Create()
    {
        string folder = Directory.CreateTempSubdirectory("securefed-roof").FullName;
        try
        {
            string source = Path.Combine(folder, "roof.c");
            string library = Path.Combine(folder, "libroof.so");
            File.WriteAllText(source, Source);
            string? compiled = ExternalProgram.TryRun(
                "gcc",
                "-O3",
                "-march=native",
                "-mprefer-vector-width=512",
                "-ffast-math",
                "-shared",
                "-fPIC",
                "-o",
                library,
                source
            );
            return compiled is not null && NativeLibrary.TryLoad(library, out nint handle)
                ? new ReadRoof(NativeLibrary.GetExport(handle, "roof_read"))
                : new ReadRoof(0);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Thread seconds of reading every vector once.</summary>
    public double SecondsToRead(float[][] vectors) =>
        Sampling.ThreadSeconds(() =>
        {
            foreach (float[] vector in vectors)
            {
                Sink += Read(vector);
            }
        });

    private float Read(float[] vector)
    {
        if (_native is null)
        {
            return ReadManaged(vector);
        }

        fixed (float* start = vector)
        {
            return _native(start, (nuint)vector.Length);
        }
    }

    private static float ReadManaged(ReadOnlySpan<float> vector)
    {
        (Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d) = (
            default,
            default,
            default,
            default
        );
        ref float start = ref MemoryMarshal.GetReference(vector);
        for (nuint i = 0; i + 64 <= (nuint)vector.Length; i += 64)
        {
            a += Vector512.LoadUnsafe(ref start, i);
            b += Vector512.LoadUnsafe(ref start, i + 16);
            c += Vector512.LoadUnsafe(ref start, i + 32);
            d += Vector512.LoadUnsafe(ref start, i + 48);
        }

        return Vector512.Sum(a + b + c + d);
    }
}
