import Checkpoints
import Files

/// COCO's annotation files, as far as image-level labels need them.
enum COCOAnnotations {
    /// The names of every picture's categories, in the order of the categories; of a file of masks, of segments, or panoptic.
    static func labels(_ value: JSONValue, path: String) throws(FileError) -> ImageLabels {
        func malformed(_ reason: String) -> FileError { FileError(.invalid, path: path, reason) }
        func list(_ key: String) throws(FileError) -> [[String: JSONValue]] {
            guard case .object(let members) = value, case .array(let elements)? = members[key] else {
                throw malformed("is neither a COCO annotation file, for it has no list “\(key)”, nor a labelme file, for it has no list “shapes”")
            }
            var objects: [[String: JSONValue]] = []
            for element in elements {
                guard case .object(let object) = element else { throw malformed("“\(key)” must be a list of objects") }
                objects.append(object)
            }
            return objects
        }
        func number(_ object: [String: JSONValue], _ key: String, of kind: String) throws(FileError) -> Int {
            guard case .integer(let number)? = object[key] else { throw malformed("\(kind) lacks the number “\(key)”") }
            return number
        }
        var pictures: [(id: Int, name: String)] = []
        for image in try list("images") {
            guard case .string(let file)? = image["file_name"] else { throw malformed("an image lacks its “file_name”") }
            pictures.append((try number(image, "id", of: "an image"), file))
        }
        var categories: [Int: (order: Int, name: String)] = [:]
        for (order, category) in try list("categories").enumerated() {
            guard case .string(let name)? = category["name"] else { throw malformed("a category lacks its “name”") }
            categories[try number(category, "id", of: "a category")] = (order, name)
        }
        let known = Set(pictures.map(\.id))
        var present: [Int: Set<Int>] = [:]
        for annotation in try list("annotations") {
            let image = try number(annotation, "image_id", of: "an annotation")
            guard known.contains(image) else { throw malformed("an annotation names the image \(image), which is not there") }
            // A panoptic file has one annotation a picture, with its segments in it.
            var parts = [annotation]
            if case .array(let segments)? = annotation["segments_info"] {
                parts = segments.compactMap { if case .object(let segment) = $0 { segment } else { nil } }
            }
            for part in parts {
                let category = try number(part, "category_id", of: "an annotation")
                guard categories[category] != nil else { throw malformed("an annotation names the category \(category), which is not there") }
                // What is everywhere else, as exports of label maps have it, is no class.
                if categories[category]?.name != "background" { present[image, default: []].insert(category) }
            }
        }
        return ImageLabels(
            pictures.map { id, name in
                let found = (present[id] ?? []).compactMap { categories[$0] }.sorted { $0.order < $1.order }
                return ImageLabels.Entry(name, found.map(\.name))
            })
    }
}
