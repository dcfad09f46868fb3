/// How the report and its charts look: by day, by night, on paper, on a telephone.
enum Stylesheet {
    /// The style sheet of the page.
    static let page = palette(":root") + layout + charts

    /// The style sheet of a chart that stands alone.
    static let image = palette("svg") + charts

    private static func palette(_ root: String) -> String {
        """
        \(root) { color-scheme: light; --page: #ffffff; --card: #f7f8fa; --line: #dfe3e8;
          --ink: #16191d; --quiet: #565f6b; --link: #0b57c2; --warn: #8a3b00; --warnpage: #fff4e5;
          --s0: #0b63ce; --s1: #d9480f; --s2: #2b8a3e; --s3: #8b35a8; --s4: #8f6b00; --s5: #0c7c93; }
        @media screen and (prefers-color-scheme: dark) {
          \(root) { color-scheme: dark; --page: #12151a; --card: #1b1f26; --line: #363d47;
            --ink: #eef1f5; --quiet: #a9b3c0; --link: #82b4ff; --warn: #ffc078; --warnpage: #33240f;
            --s0: #6ea8fe; --s1: #ff9258; --s2: #63d77b; --s3: #d99bf0; --s4: #f2c94c;
            --s5: #5cd3e6; } }

        """
    }

    private static let charts = """
        svg { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial,
          sans-serif; font-variant-numeric: tabular-nums; }
        svg text { fill: var(--ink); } svg .b { font-weight: 600; } svg .m { fill: var(--quiet);
          font-size: 11px; } svg .h { font-size: 15px; font-weight: 650; }
        svg .p { font-size: 13.5px; }
        svg .card { fill: var(--page); stroke: var(--line); }
        svg .grid { stroke: var(--line); } svg .axis { stroke: var(--quiet); }
        svg .s0 { fill: var(--s0); stroke: var(--s0); } svg .s1 { fill: var(--s1); stroke: var(--s1); }
        svg .s2 { fill: var(--s2); stroke: var(--s2); } svg .s3 { fill: var(--s3); stroke: var(--s3); }
        svg .s4 { fill: var(--s4); stroke: var(--s4); } svg .s5 { fill: var(--s5); stroke: var(--s5); }
        svg .limit { fill: var(--quiet); stroke: var(--quiet); }
        svg rect.s0, svg rect.s1, svg rect.s2, svg rect.s3, svg rect.s4, svg rect.s5 { stroke: none; }
        svg .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
        svg .line.limit { stroke-dasharray: 5 4; } svg .mark { stroke: var(--card); }
        svg .limitline { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 4 3; }
        svg .whisker { stroke: var(--ink); stroke-opacity: 0.55; stroke-width: 1.5; }

        """

    private static let layout = """
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui,
          -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
          -webkit-text-size-adjust: 100%; overflow-wrap: break-word; }
        header, main, footer { max-width: 1180px; margin: 0 auto; padding: 0 16px; }
        h1 { font-size: 1.05rem; font-weight: 600; color: var(--quiet); margin: 24px 0 0; }
        h2 { font-size: 1.35rem; line-height: 1.25; margin: 0 0 4px; }
        h3 { font-size: 1rem; margin: 0; }
        p { margin: 0 0 8px; } a { color: var(--link); }
        section { padding: 28px 0 8px; border-top: 1px solid var(--line); margin-top: 24px; }
        .answer { text-wrap: balance; font-size: clamp(1.25rem, 2.6vw, 1.75rem); line-height: 1.3; font-weight: 620;
          margin: 4px 0 10px; max-width: 34em; }
        .second { font-size: 1.1rem; max-width: 44em; }
        .quiet { color: var(--quiet); } .small { font-size: 0.875rem; }
        .top { display: grid; gap: 24px; align-items: start; margin-top: 20px; }
        .tiles { display: grid; grid-template-columns: 1fr 1fr;
          gap: 12px; margin: 20px 0 0; padding: 0; list-style: none; }
        .tiles li { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
          padding: 10px 12px; }
        .tiles b { display: block; font-size: 1.5rem; line-height: 1.25; white-space: nowrap; }
        .who { display: block; } .who i { display: inline-block; width: 9px; height: 9px;
          border-radius: 50%; margin-right: 5px; background: var(--quiet); }
        i.s0 { background: var(--s0); } i.s1 { background: var(--s1); }
        i.s2 { background: var(--s2); } i.s3 { background: var(--s3); }
        i.s4 { background: var(--s4); } i.s5 { background: var(--s5); }
        .doubts { background: var(--warnpage); color: var(--warn); border-radius: 8px;
          padding: 10px 14px 10px 30px; margin: 16px 0 0; }
        nav ul { display: flex; flex-wrap: wrap; gap: 4px 16px; list-style: none; padding: 0;
          margin: 16px 0 0; }
        .charts { display: grid; gap: 16px; margin: 16px 0; align-items: start; }
        figure { margin: 0; background: var(--card); border: 1px solid var(--line);
          border-radius: 8px; padding: 12px; min-width: 0; break-inside: avoid; }
        figure svg { display: block; width: 100%; max-width: 480px; height: auto; margin: 8px auto 0;
          overflow: visible; }
        figcaption p { margin: 2px 0 0; }
        details { margin: 12px 0; } summary { cursor: pointer; font-weight: 600; padding: 4px 0; }
        summary:focus-visible, a:focus-visible, .scroll:focus-visible { outline: 2px solid
          var(--link); outline-offset: 2px; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
        .verdicts { width: 100%; font-size: 0.95rem; }
        caption { text-align: left; color: var(--quiet); padding: 4px 0; }
        th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line);
          vertical-align: top; }
        .figures td, .figures th { white-space: nowrap; }
        .figures td:nth-child(n+4), .figures thead th:nth-child(n+4) { text-align: right; }
        .figures th[scope=row] { font-weight: 500; } .limitrow td { color: var(--quiet); }
        .noisy { color: var(--warn); font-size: 0.75rem; }
        code, pre { font: 0.8125rem/1.45 ui-monospace, "SF Mono", Menlo, Consolas,
          "DejaVu Sans Mono", monospace; }
        pre { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
          padding: 10px; overflow-x: auto; user-select: all; max-height: 24rem; }
        dl { display: grid; grid-template-columns: auto 1fr; gap: 2px 16px; margin: 8px 0; }
        dt { color: var(--quiet); } dd { margin: 0; min-width: 0; }
        .skip { position: absolute; left: -9999px; } .skip:focus { left: 8px; top: 8px; }
        footer { padding: 24px 16px 40px; }
        @media (min-width: 520px) { .tiles { grid-template-columns: 1fr 1fr 1fr; } }
        @media (min-width: 760px) { .charts { grid-template-columns: 1fr 1fr; } }
        @media (min-width: 900px) { .top { grid-template-columns: minmax(0, 1fr) 430px; } }
        @media (min-width: 1120px) { .charts { grid-template-columns: 1fr 1fr 1fr; } }
        @media (max-width: 640px) { .verdicts thead { display: none; }
          .verdicts tr { display: block; padding: 8px 0; border-bottom: 1px solid var(--line); }
          .verdicts th, .verdicts td { display: block; border: 0; padding: 0; }
          .verdicts td[data-label]::before { content: attr(data-label) " "; color: var(--quiet); }
          dl { grid-template-columns: 1fr; } dd { margin-bottom: 6px; } }
        @media print { body { font-size: 10pt; } nav, .skip { display: none; }
          section { margin-top: 10px; padding: 10px 0 0; } h2, h3, caption { break-after: avoid; }
          .charts { grid-template-columns: 1fr 1fr; gap: 8px; } .top { grid-template-columns: 1.2fr 1fr; gap: 12px; }
          details::details-content { content-visibility: visible; height: auto; }
          details.raw { display: none; } .scroll { overflow: visible; } table { font-size: 7pt; }
          th, td { padding: 1px 6px 1px 0; } tr { break-inside: avoid; }
          * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }

        """
}
