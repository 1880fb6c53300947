using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace SecureFed.Samples.Shared;

/// <summary>Builds elements of a page. Text goes in as text, so that whatever a file or a peer supplied cannot become markup.</summary>
internal static class PageMarkup
{
    /// <summary>An element. Strings among the content are text; pairs made by <see cref="Is"/> are attributes.</summary>
    public static XElement El(string name, params object?[] content)
    {
        XElement element = new(name, content.Select(part => part is string text ? Clean(text) : part));

        // A browser reads <td/> as an open tag; in SVG, where nothing is text, it is closed.
        if (element.IsEmpty && IsContainer(name))
        {
            element.Value = string.Empty;
        }

        return element;
    }

    /// <summary>An attribute.</summary>
    public static XAttribute Is(string name, string value) => new(name, Clean(value));

    /// <summary>An attribute with a coordinate or a size.</summary>
    public static XAttribute Is(string name, double value) => new(name, Coordinate(value));

    /// <summary>A number with a fixed count of decimals, the same in every culture.</summary>
    public static string Fixed(double value, int decimals) =>
        value.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    /// <summary>A whole number with a thin gap between thousands.</summary>
    public static string Whole(long value) => value.ToString("N0", CultureInfo.InvariantCulture).Replace(',', '\u202F');

    /// <summary>A p-value: three decimals, or a power of ten where these would show zero.</summary>
    public static string Probability(double p) =>
        p < 0.001 ? p.ToString("0.#e-0", CultureInfo.InvariantCulture) : Fixed(p, 3);

    /// <summary>Text in the invariant culture.</summary>
    public static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>A place in a drawing; two decimals are finer than a pixel.</summary>
    public static string Coordinate(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>The page as text: XML that is HTML as well.</summary>
    public static string Serialise(XElement html)
    {
        StringBuilder page = new("<!DOCTYPE html>\n");
        XmlWriterSettings settings = new()
        {
            OmitXmlDeclaration = true,
            Indent = true,
            IndentChars = " ",
            NewLineChars = "\n",
        };
        using (var writer = XmlWriter.Create(page, settings))
        {
            html.Save(writer);
        }

        return page.Append('\n').ToString();
    }

    // Characters that no XML document may hold would stop the page from being written at all.
    private static string Clean(string text)
    {
        if (text.All(XmlConvert.IsXmlChar))
        {
            return text;
        }

        StringBuilder clean = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
            {
                clean.Append(text[i]).Append(text[++i]);
            }
            else
            {
                clean.Append(XmlConvert.IsXmlChar(text[i]) ? text[i] : '\uFFFD');
            }
        }

        return clean.ToString();
    }

    private static bool IsContainer(string name) =>
        name is "td" or "th" or "div" or "p" or "span" or "style" or "title";
}
