namespace SecureFed.Samples.Shared;

/// <summary>The look of the report page: light and dark, phone and A4.</summary>
internal static class PageStyle
{
    /// <summary>
    /// The style sheet. It has none of the characters that XML would escape, since a browser does not unescape a style.
    /// Series differ in dash, width and mark as well as in colour.
    /// </summary>
    public const string Css = """

        :root { color-scheme: light dark; --paper: #fdfdfb; --card: #f4f4ef; --ink: #1c1f24; --soft: #565d66; --line: #d5d6d0;
          --secure: #0b57a4; --plain: #b35c00; --pooled: #5c6670; --alone: #8a5a9e; --good: #1c6b3a; --bad: #a4262c; }
        @media (prefers-color-scheme: dark) {
          :root { --paper: #14171b; --card: #1d2127; --ink: #e8e9eb; --soft: #a7aeb8; --line: #3a4049;
            --secure: #79b8ff; --plain: #f2a65a; --pooled: #b6bec8; --alone: #cfa6e0; --good: #7ed6a0; --bad: #ff9a94; }
        }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; }
        body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1.25rem 3rem; background: var(--paper); color: var(--ink);
          font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
        h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; }
        h2 { font-size: 1.2rem; line-height: 1.3; margin: 2.25rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--line); }
        h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
        p, ul { margin: .5rem 0; max-width: 46rem; }
        ul { padding-left: 1.25rem; }
        .stamp, figcaption, .note { color: var(--soft); font-size: .875rem; }
        .lead { font-size: 1.08rem; }
        .verdict { padding: .75rem 1rem; border-left: .3rem solid var(--good); background: var(--card); max-width: none; }
        .verdict.missed { border-left-color: var(--bad); }
        .beside { align-items: center; }
        .bad { color: var(--bad); font-weight: 600; }
        .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem 1.5rem; }
        figure { margin: .75rem 0; }
        svg { display: block; width: 100%; height: auto; max-width: 30rem; }
        svg text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; fill: var(--ink); }
        svg text.small { font-size: 11px; fill: var(--soft); }
        svg .grid { stroke: var(--line); stroke-width: 1; }
        svg .axis { stroke: var(--soft); stroke-width: 1; }
        svg .expected { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 4 3; }
        svg .curve { fill: none; stroke-linejoin: round; stroke-linecap: round; }
        svg .curve.secure { stroke: var(--secure); stroke-width: 2; }
        svg .curve.plain { stroke: var(--plain); stroke-width: 7; stroke-opacity: .38; }
        svg .curve.pooled { stroke: var(--pooled); stroke-width: 1.5; stroke-dasharray: 6 4; }
        svg .dot { fill: var(--secure); }
        svg .dot.plain { fill: var(--plain); }
        svg .dot.pooled { fill: var(--pooled); }
        svg .dot.alone { fill: var(--alone); }
        svg .ring { fill: var(--paper); stroke: var(--ink); stroke-width: 1.5; }
        svg .bar { fill: var(--secure); }
        svg .bar.open { fill: var(--plain); }
        svg .lost { stroke: var(--bad); stroke-width: 2; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-size: .9rem; margin: .75rem 0; font-variant-numeric: tabular-nums; }
        caption { text-align: left; color: var(--soft); font-size: .875rem; padding-bottom: .35rem; }
        th, td { text-align: left; vertical-align: top; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); }
        th { font-weight: 600; }
        thead th { color: var(--soft); font-weight: 500; }
        .n { text-align: right; white-space: nowrap; }
        tr.main th, tr.main td { font-weight: 700; }
        code { font: .85rem/1.5 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
        dl { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: .3rem 1.25rem; margin: .75rem 0; }
        dt { color: var(--soft); }
        dd { margin: 0; min-width: 0; }
        footer { margin-top: 2.5rem; padding-top: .75rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .875rem; }
        @media (max-width: 42rem) {
          body { padding: 1rem 1rem 2rem; }
          h1 { font-size: 1.4rem; }
          .pair { grid-template-columns: 1fr; }
          dl { grid-template-columns: 1fr; gap: 0; }
          dd { margin-bottom: .5rem; }
          .scroll table { min-width: 44rem; }
        }
        @page { size: A4; margin: 16mm 15mm; }
        @media print {
          :root { color-scheme: light; --paper: #fff; --card: #f4f4ef; --ink: #000; --soft: #444; --line: #bbb;
            --secure: #0b57a4; --plain: #b35c00; --pooled: #5c6670; --alone: #8a5a9e; --good: #1c6b3a; --bad: #a4262c; }
          * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
          html { font-size: 9.5pt; }
          body { max-width: none; padding: 0; }
          p, ul { max-width: none; }
          .scroll table { min-width: 0; }
          h1, h2, h3, caption, thead, h2 + p, h3 + p { break-after: avoid; }
          tbody tr:first-child { break-before: avoid; }
          figure, svg, tr, dl, h2 + p, .verdict, .keep { break-inside: avoid; }
          .pair { grid-template-columns: 1fr 1fr; }
          .scroll { overflow: visible; }
          thead { display: table-header-group; }
          p, li { orphans: 3; widows: 3; }
        }

        """;
}
