import Images

/// What a record of TensorBoard's event files says.
///
/// Source: `event.proto` and `summary.proto` of TensorBoard; the numbers are those of their fields. Values carry no metadata of
/// plugins: readers know a number or an image by its field.
enum SummaryEvent {
    enum Value {
        case scalar(String, Double)
        case image(String, RGBImage)
    }

    /// The first event of every file; from this version on a start makes readers forget what came after its step.
    case version
    /// A run begins, or is gone on with, at a step: of earlier files none from this step on counts.
    case start
    case values([Value])

    /// - Parameter time: seconds since 1970.
    func message(time: Double, step: Int) throws(PNGEncodingError) -> [UInt8] {
        var event = MessageEncoder()
        event.add(1, time)
        event.add(2, step)
        switch self {
        case .version: event.add(3, "brain.Event:2")
        case .start:
            var session = MessageEncoder()
            session.add(1, 1)
            event.add(7, session)
        case .values(let values):
            var summary = MessageEncoder()
            for value in values { summary.add(1, try Self.message(value)) }
            event.add(5, summary)
        }
        return event.bytes
    }

    private static func message(_ value: Value) throws(PNGEncodingError) -> MessageEncoder {
        var message = MessageEncoder()
        switch value {
        case .scalar(let tag, let number):
            message.add(1, tag)
            message.add(2, Float(number))
        case .image(let tag, let picture):
            message.add(1, tag)
            var image = MessageEncoder()
            image.add(1, picture.height)
            image.add(2, picture.width)
            // Red, green and blue.
            image.add(3, 3)
            image.add(4, try PNGEncoder.encode(picture))
            message.add(4, image)
        }
        return message
    }
}
