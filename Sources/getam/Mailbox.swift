import Dispatch
import Synchronization

/// News on their way from working threads to the screen's.
final class Mailbox<News: Sendable>: Sendable {
    private let news = Mutex<[News]>([])
    private let filled = DispatchSemaphore(value: 0)

    func post(_ one: News) {
        news.withLock { $0.append(one) }
        filled.signal()
    }

    /// Everything that has arrived.
    func take() -> [News] {
        news.withLock { news in
            defer { news = [] }
            return news
        }
    }

    /// As `take`, but waits for something.
    func wait() -> [News] {
        filled.wait()
        return take()
    }
}
