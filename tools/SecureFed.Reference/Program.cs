using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SecureFed.Reference;

/// <summary>Writes the vectors that follow from the specification, or checks that the files are the ones it would write.</summary>
internal static class Program
{
    private static readonly JsonSerializerOptions s_layout = new() { WriteIndented = true, NewLine = "\n" };

    public static int Main(string[] arguments)
    {
        if (arguments is not ([("write" or "check") and var command, var folder]))
        {
            Console.Error.WriteLine("usage: write FOLDER | check FOLDER    (FOLDER is spec/vectors)");
            return 2;
        }

        int different = 0;
        foreach ((string name, JsonObject content) in Files())
        {
            string path = Path.Combine(folder, name);
            string text = content.ToJsonString(s_layout) + "\n";
            if (command == "write")
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllText(path, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
                Console.WriteLine($"wrote {path}");
            }
            else if (Difference(path, text) is { } difference)
            {
                Console.Error.WriteLine($"{path}: {difference}");
                different++;
            }
            else
            {
                Console.WriteLine($"{path}: as the reference writes it");
            }
        }

        return different == 0 ? 0 : 1;
    }

    private static IEnumerable<(string Name, JsonObject Content)> Files() =>
        [
            .. MaskingVectors.Files().Select(file => (Path.Combine("masking", file.Name), file.Content)),
            (Path.Combine("noise", "samples.json"), NoiseVectors.Samples()),
            (Path.Combine("noise", "layers.json"), NoiseVectors.Layers()),
        ];

    private static string? Difference(string path, string text)
    {
        if (!File.Exists(path))
        {
            return "missing; write it with the command 'write'";
        }

        string[] expected = text.Split('\n');
        string[] found = File.ReadAllText(path).Split('\n');
        for (int line = 0; line < Math.Max(expected.Length, found.Length); line++)
        {
            string? wanted = expected.ElementAtOrDefault(line);
            if (wanted != found.ElementAtOrDefault(line))
            {
                return $"line {line + 1} differs; the reference has '{wanted?.Trim()}'";
            }
        }

        return null;
    }
}
