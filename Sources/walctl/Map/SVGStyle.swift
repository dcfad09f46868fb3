/// The colours of an SVG map, for light and dark surroundings.
enum SVGStyle {
    /// A style sheet.
    static let text =
        """

        svg { max-width: 1200px; display: block; margin: auto; }
        text { font: 13px ui-sans-serif, system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif;
          fill: #1f2328; font-variant-numeric: tabular-nums; }
        .h { font-size: 17px; font-weight: 600; } .b { font-weight: 600; } .end { text-anchor: end; }
        .s { font-size: 12px; font-weight: 600; letter-spacing: 0.05em; }
        """
        + colours(
            page: "#ffffff", text: "#1f2328", faint: "#59636e", live: "#2f6fde", dead: "#c3ccd6",
            line: "#9aa6b2", free: "#e1e6eb", bad: "#cf222e")
        + "\n@media (prefers-color-scheme: dark) {"
        + colours(
            page: "#0d1117", text: "#e6edf3", faint: "#9198a1", live: "#4c8dff", dead: "#3d4650",
            line: "#66707b", free: "#242c34", bad: "#ff7b72")
        + "}\n"

    private static func colours(
        page: String, text: String, faint: String, live: String, dead: String, line: String,
        free: String, bad: String
    ) -> String {
        """

        .page { fill: \(page); } text, .mark { fill: \(text); } .m, .s { fill: \(faint); }
        .e, .damaged { fill: \(bad); } .live { fill: \(live); } .free { fill: \(free); }
        rect.dead { fill: url(#hatch); } pattern rect.dead, circle.dead { fill: \(dead); }
        .line { fill: \(line); }
        """
    }
}
