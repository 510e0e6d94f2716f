import Files
import Foundation
import GETAM

/// The figures of methods over a data set: a table, comma-separated values, JSON or Markdown.
struct ComparisonText {
    enum Form: String, CaseIterable {
        case table, csv, json, markdown

        /// What a file of this name holds; nil where the name does not say.
        init?(nameOf path: String) {
            switch path.ending {
            case "csv": self = .csv
            case "json": self = .json
            case "md", "markdown": self = .markdown
            case "txt": self = .table
            default: return nil
            }
        }
    }

    /// A method, and the figures of its maps, one a metric; nil where no map had one.
    struct Method {
        let identifier: String
        let layers: ClosedRange<Int>
        let figures: [BootstrapInterval?]
    }

    let methods: [Method]
    let metrics: [any QualityMetric]
    /// Pictures with maps, and their maps a method.
    let pictures: Int
    let maps: Int
    /// What the figures were computed with, in words.
    let settings: String

    func text(_ form: Form, columns: Int) throws -> String {
        switch form {
        case .table: table(columns: columns)
        case .csv: csv
        case .json: try Output.json(report) + "\n"
        case .markdown: markdown
        }
    }

    // MARK: For readers

    /// A line of what the figures are of.
    private var caption: String {
        "\(pictures) \(pictures == 1 ? "picture" : "pictures"), \(maps) \(maps == 1 ? "map" : "maps") a method; mean, and in brackets the 95 % interval "
            + "of \(BootstrapInterval.draws) bootstrap draws of the pictures; \(settings)"
    }

    private func legend(_ metric: any QualityMetric) -> String { "(\(metric.unit), \(metric.preference.text)): \(metric.definition)" }

    /// The place of the best method, of two at least.
    private func best(_ metric: Int) -> Int? {
        methods.count > 1 ? metrics[metric].preference.best(of: methods.map { $0.figures[metric]?.mean }) : nil
    }

    private static func figure(_ interval: BootstrapInterval?) -> String {
        interval.map { String(format: "%.4f [%.4f, %.4f]", $0.mean, $0.low, $0.high) } ?? "–"
    }

    private func table(columns: Int) -> String {
        let width = max(6, methods.map(\.identifier.count).max() ?? 0)
        let cells = metrics.indices.map { metric in
            methods.indices.map { Self.figure(methods[$0].figures[metric]) + (best(metric) == $0 ? "*" : " ") }
        }
        let widths = metrics.indices.map { metric in max(metrics[metric].identifier.count, cells[metric].map(\.count).max() ?? 0) }
        func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
        var lines: [String] = [], first = 0
        while first < metrics.count {
            // As many columns side by side as there is room for.
            var last = first, used = width + 2 + widths[first]
            while last + 1 < metrics.count, used + 2 + widths[last + 1] <= columns {
                last += 1
                used += 2 + widths[last]
            }
            func line(_ name: String, _ texts: [String]) -> String {
                let all = [padded(name, width)] + zip(first...last, texts).map { padded($1, widths[$0]) }
                return String(all.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
            }
            lines.append(line("method", metrics[first...last].map(\.identifier)))
            for (place, method) in methods.enumerated() { lines.append(line(method.identifier, (first...last).map { cells[$0][place] })) }
            lines.append("")
            first = last + 1
        }
        for metric in metrics { lines += Self.wrapped("\(metric.identifier) \(legend(metric))", columns, indent: "  ") }
        lines.append("")
        lines += Self.wrapped(caption + (methods.count > 1 ? "; * the best" : ""), columns)
        return lines.joined(separator: "\n") + "\n"
    }

    /// A text in lines of so many columns; words that are longer stand alone.
    private static func wrapped(_ text: String, _ columns: Int, indent: String = "") -> [String] {
        var lines: [String] = [], line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > columns {
                lines.append(line)
                line = indent + word
            } else {
                line += (line.isEmpty ? "" : " ") + word
            }
        }
        return lines + [line]
    }

    private var markdown: String {
        func row(_ cells: [String]) -> String { "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |" }
        var lines = [row(["method", "layers"] + metrics.map(\.identifier)), row(Array(repeating: "---", count: 2 + metrics.count))]
        for (place, method) in methods.enumerated() {
            let cells = metrics.indices.map { metric in
                let text = Self.figure(method.figures[metric])
                return best(metric) == place ? "**\(text)**" : text
            }
            lines.append(row([method.identifier, Self.text(method.layers)] + cells))
        }
        lines += [""] + metrics.map { "- `\($0.identifier)` \(legend($0))" } + ["", caption + "."]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func text(_ layers: ClosedRange<Int>) -> String {
        layers.count == 1 ? "\(layers.lowerBound)" : "\(layers.lowerBound)-\(layers.upperBound)"
    }

    // MARK: For programs

    private var csv: String {
        var records = [["method", "layers", "metric", "mean", "low", "high", "maps", "unit", "better", "definition"]]
        for method in methods {
            for (metric, interval) in zip(metrics, method.figures) {
                func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
                records.append([
                    method.identifier, Self.text(method.layers), metric.identifier, number(interval?.mean), number(interval?.low),
                    number(interval?.high), "\(interval?.count ?? 0)", metric.unit, metric.preference.rawValue, metric.definition,
                ])
            }
        }
        return records.map { $0.map(\.csvField).joined(separator: ",") + "\n" }.joined()
    }

    private struct Report: Encodable {
        struct Metric: Encodable { let name, title, unit, better, definition: String }
        struct Figure: Encodable {
            let mean: Double?, low: Double?, high: Double?
            let maps: Int
        }
        struct Method: Encodable {
            let method: String
            let layers: [Int]
            let figures: [String: Figure]
        }
        let pictures: Int
        let maps: Int
        let settings: String
        let metrics: [Metric]
        let methods: [Method]
    }

    private var report: Report {
        Report(
            pictures: pictures, maps: maps, settings: settings,
            metrics: metrics.map {
                .init(name: $0.identifier, title: $0.title, unit: $0.unit, better: $0.preference.rawValue, definition: $0.definition)
            },
            methods: methods.map { method in
                let figures = zip(metrics, method.figures).map { metric, interval in
                    (metric.identifier, Report.Figure(mean: interval?.mean, low: interval?.low, high: interval?.high, maps: interval?.count ?? 0))
                }
                return .init(
                    method: method.identifier, layers: [method.layers.lowerBound, method.layers.upperBound],
                    figures: Dictionary(figures, uniquingKeysWith: { first, _ in first }))
            })
    }
}
