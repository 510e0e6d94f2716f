@testable import Explorer
import Labels
import Testing

/// Looking through labels: decisions, the settings of each picture, the queue, the sheet.
@Suite struct ReviewTests {
    private func start(columns: Int = 80, pictures: Int = 5, filed: Set<Int> = [0, 1], log: [ReviewEntry] = []) -> ScriptedExplorer {
        ScriptedExplorer(
            columns: columns, pictures: pictures,
            review: ReviewStart(folder: "labels", names: (0..<pictures).map { "photo-\($0)" }, log: ReviewLog(log), filed: filed))
    }

    private func entry(_ picture: Int, _ change: (inout ReviewEntry) -> Void) -> ReviewEntry {
        var entry = ReviewEntry(picture: "photo-\(picture)")
        change(&entry)
        return entry
    }

    @Test func theLabelInTheFolderIsShownAndAcceptedAsItIs() {
        var explorer = start()
        #expect(explorer.state.adjustments.view == .label && explorer.state.shownFile?.picture == 0)
        #expect(explorer.screen[1].contains("as written, at 160×120 · undecided"))
        #expect(explorer.screen.joined().contains("label as written"))
        explorer.press("A")
        #expect(explorer.state.picture == 1)
        #expect(explorer.journal == [entry(0) { $0.decision = .accept; $0.label = ReviewEntry.onFile }])
        #expect(!explorer.effects.contains { if case .writeLabel = $0 { true } else { false } })
        #expect(explorer.screen.last?.contains("✓1 ✗0 ⚑0  4 left") == true)
    }

    @Test func anotherLabelIsMadeAndWritten() throws {
        var explorer = start()
        explorer.send(.showPicture(3))
        #expect(explorer.state.shownFile == nil && explorer.state.shownLabels != nil)
        explorer.press("] A")
        let written = try #require(explorer.effects.compactMap { if case .writeLabel(let request) = $0 { request } else { nil } }.last)
        let decided = try #require(explorer.state.review?.entries[3])
        #expect(written.picture == 3 && written.entry == decided && written.label.path == "labels/photo-3.png")
        #expect(decided.decision == .accept && decided.label == decided.labelMark && decided.preset?.completion.background == .level(0.52))
        #expect(decided.classes == written.classes.map { explorer.state.model.className($0) })
        #expect(explorer.journal.last == decided)
        #expect(explorer.state.picture == 4)
    }

    @Test func decisionsAreMadeWithTheBrushInHand() {
        var explorer = start()
        explorer.press("E")
        #expect(explorer.state.keyContext == .paint)
        explorer.press("A")
        #expect(explorer.state.picture == 1 && explorer.journal.map(\.decision) == [.accept])
    }

    @Test func everyPictureHasItsOwnSettingsMarksAndUndo() {
        var explorer = start()
        explorer.press("n n ] ] space")
        let settings = explorer.state.settingsNow, marks = explorer.state.marks
        explorer.press("n")
        #expect(explorer.state.settingsNow == explorer.state.review?.common && explorer.state.marks.isEmpty)
        explorer.press("u")
        #expect(explorer.state.message?.text == "nothing to undo")
        explorer.press("[ p")
        #expect(explorer.state.settingsNow == settings && explorer.state.marks == marks)
        explorer.press("u u u")
        #expect(explorer.state.settingsNow == explorer.state.review?.common && explorer.state.marks.isEmpty)
        explorer.press("n")
        #expect(explorer.state.preset.completion.background == .level(0.48))
        #expect(explorer.state.review?.entries[3]?.preset?.completion.background == .level(0.48) && explorer.state.review?.entries[2]?.preset == nil)
        // Nothing would be lost at the end.
        #expect(!explorer.state.hasUnsavedMarks)
    }

    @Test func settingsAreSharedOrTakenBack() {
        var explorer = start()
        explorer.press("n n ]")
        explorer.send(.setOwn(.share))
        explorer.press("n")
        #expect(explorer.state.preset.completion.background == .level(0.52))
        explorer.press("]")
        explorer.send(.setOwn(.reset))
        #expect(explorer.state.preset.completion.background == .level(0.52))
        explorer.send(.setOwn(.reset))
        #expect(explorer.state.message?.text == "this picture has no settings of its own")
    }

    @Test func aChangeTakesAnAcceptanceBack() {
        var explorer = start()
        explorer.press("n n A p")
        #expect(explorer.state.picture == 2 && explorer.state.review?.decision(of: 2) == .accept)
        explorer.press("]")
        #expect(explorer.state.review?.decision(of: 2) == .undecided)
        #expect(explorer.state.message?.text.hasPrefix("changed after it was accepted") == true)
        explorer.press("A p")
        #expect(explorer.state.review?.decision(of: 2) == .accept)
        // A file's label, too.
        var other = start()
        other.press("A p ]")
        #expect(other.state.review?.decision(of: 0) == .undecided && other.state.shownFile == nil && other.state.shownLabels != nil)
        other.press("u")
        #expect(other.state.shownFile != nil)
    }

    @Test func rejectFlagNoteAndBack() {
        var explorer = start()
        explorer.press("X F N")
        explorer.type("left paw")
        explorer.press("enter")
        #expect(explorer.state.review?.entries.mapValues(\.decision) == [0: .reject, 1: .flag, 2: .undecided])
        #expect(explorer.state.review?.entries[2]?.note == "left paw" && explorer.journal.last?.note == "left paw")
        explorer.press("p")
        #expect(explorer.state.message?.text == "flagged")
        explorer.press("C")
        #expect(explorer.state.review?.decision(of: 1) == .undecided && explorer.state.picture == 1)
        explorer.press("n")
        #expect(explorer.state.message?.text == "undecided: left paw")
        explorer.send(.setNote(""))
        #expect(explorer.journal.last?.note == "")
    }

    @Test func theLastDecisionSaysSo() {
        var explorer = start(pictures: 2)
        explorer.press("X z X")
        #expect(explorer.state.message?.text.contains("all are decided") == true)
        explorer.press("z")
        #expect(explorer.state.message?.text.contains("all others are decided") == true)
        explorer.send(.deliver(path: "out", exports: [:], report: nil))
        #expect(explorer.state.message?.text == "nothing was accepted yet: A accepts the label shown")
    }

    @Test func aLogIsGoneOnWith() throws {
        var first = start()
        first.press("A n ] space A X")
        var log = ReviewLog()
        first.journal.forEach { log.take($0) }
        let again = start(log: log.entries)
        #expect(again.state.review?.entries.mapValues(\.decision) == first.state.review?.entries.mapValues(\.decision))
        // The first that is not decided is shown; nothing was written anew but labels that may be missing.
        #expect(again.state.review?.decision(of: again.state.picture) == .undecided && again.journal.isEmpty)
        #expect(again.effects.contains { if case .writeLabel(let request) = $0 { request.picture == 2 } else { false } })
        #expect(again.state.adjustments.marks[2] == first.state.adjustments.marks[2])
        var walked = again
        for picture in 0..<5 { walked.send(.showPicture(picture)) }
        #expect(walked.journal.isEmpty)
    }

    @Test func pausesAreNoWork() {
        var explorer = start(columns: 110)
        explorer.send(.clock(1000))
        explorer.send(.clock(1010))
        explorer.send(.clock(1500))
        explorer.send(.clock(1505))
        explorer.press("A")
        #expect(explorer.journal.last?.seconds == 15 && explorer.journal.last?.time == 1505)
        #expect(explorer.screen.last?.contains("4 left 1:00") == true)
    }

    @Test func whatWasAcceptedIsDelivered() throws {
        var explorer = start()
        explorer.press("A :")
        explorer.type("deliver my labels coco=a.json report=r.html")
        explorer.press("enter")
        let request = try #require(explorer.effects.compactMap { if case .deliver(let request) = $0 { request } else { nil } }.last)
        #expect(request.path == "my labels" && request.exports.map(\.path) == ["a.json"] && request.report == "r.html" && request.subjects.count == 5)
        #expect(explorer.state.message?.text == "my labels: 1 of 5 pictures delivered")
    }

    @Test func withoutAReviewNothingIsDecided() {
        var explorer = ScriptedExplorer()
        explorer.send(.decide(.accept))
        #expect(explorer.state.message?.text == "no review: getam explore --review DIR begins one")
        explorer.press("A")
        #expect(explorer.state.against == .nearest)
    }

    // MARK: The queue

    private func surveyed() -> ScriptedExplorer {
        var explorer = start()
        for (picture, doubt) in [0.1, 0.5, 0.3, 0.9].enumerated() {
            explorer.send(.surveyed(ScriptedExplorer.surveyed(picture, doubt: doubt, overlap: 1 - doubt)))
        }
        return explorer
    }

    @Test func theQueueGoesByWhatIsKnown() {
        var explorer = surveyed()
        explorer.send(.sortQueue(.doubt))
        #expect(explorer.state.queueOrder == [3, 1, 2, 0, 4])
        explorer.send(.surveyed(ScriptedExplorer.surveyed(4, doubt: 0.7)))
        #expect(explorer.state.queueOrder == [3, 4, 1, 2, 0])
        explorer.send(.showPicture(3))
        explorer.press("n")
        #expect(explorer.state.picture == 4)
        explorer.press("X")
        #expect(explorer.state.picture == 1)
        explorer.send(.sortQueue(.decision))
        #expect(explorer.state.queueOrder == [0, 1, 2, 3, 4])
        explorer.send(.sortQueue(.iou))
        #expect(explorer.state.message?.text == "no truth is known: --truth DIR names it")
    }

    @Test(arguments: [
        ("iou<60", [1, 3]), ("!undecided", [0]), ("accepted", [0]), ("golden", [1]), ("class=tabby", [0, 3]), ("name=photo-2", [2]),
        ("tabby & doubt>0.5", [3]), ("photo-4", [4]), ("noted", []), ("!class=tabby !accepted", [1, 2, 4]), ("phot2", [2]), ("", [0, 1, 2, 3, 4]),
    ])
    func filters(_ text: String, _ pictures: [Int]) {
        var explorer = surveyed()
        explorer.press("A")
        explorer.send(.filterQueue(text))
        #expect(explorer.state.queueOrder == pictures)
    }

    @Test func namesAndClassesAreFoundWithoutLabels() {
        var explorer = ScriptedExplorer(pictures: 10_000)
        explorer.send(.filterQueue("name=photo-4"))
        #expect(explorer.state.queueOrder.count == 1111 && explorer.state.message?.text == "1111 of 10000 pictures")
        // A class needs what the model says, which is asked for.
        explorer.send(.filterQueue("class=golden"))
        let asked = explorer.effects.compactMap { if case .survey(let request) = $0 { request } else { nil } }
        #expect(asked.count == 1 && asked[0].items.count == 10_000 && !asked[0].makesLabels)
        explorer.send(.surveyed(ScriptedExplorer.surveyed(7, doubt: 0)))
        #expect(explorer.state.queueOrder == [7])
        explorer.press("n")
        #expect(explorer.state.picture == 7)
    }

    @Test func tenThousandPicturesAreSortedInTime() {
        var explorer = start(pictures: 10_000, filed: [])
        for picture in 0..<9_000 { explorer.state.survey.take(ScriptedExplorer.bare(picture, doubt: Double(picture * 7919 % 1000) / 1000)) }
        // A debug build is many times slower.
        #if DEBUG
            let slack = 20
        #else
            let slack = 1
        #endif
        let clock = ContinuousClock()
        #expect(clock.measure { explorer.send(.sortQueue(.doubt)) } < .milliseconds(500 * slack))
        let times = (9_000..<9_020).map { picture in
            clock.measure { explorer.send(.surveyed(ScriptedExplorer.bare(picture, doubt: 0.5))) }
        }.sorted()
        #expect(times[10] < .milliseconds(250 * slack), "\(times[10])")
        #expect(clock.measure { explorer.press("P") } < .milliseconds(500 * slack))
    }

    // MARK: The sheet

    @Test func manyAreDecidedAtOnce() {
        var explorer = surveyed()
        explorer.press("P space space right space A")
        #expect(explorer.state.review?.entries.filter { $0.value.decision == .accept }.keys.sorted() == [0, 1, 3])
        #expect(explorer.state.sheet?.chosen.isEmpty == true && explorer.state.message?.text == "3 pictures accepted")
        // Of what was never looked at, the label is made of the classes found.
        #expect(explorer.state.review?.entries[3]?.classes == ["tabby, tabby cat"])
        explorer.press("end A")
        #expect(explorer.state.message?.text == "not yet: the picture is still being read")
        explorer.press("home X enter")
        #expect(explorer.state.sheet == nil && explorer.state.picture == 1 && explorer.state.review?.decision(of: 0) == .reject)
        explorer.press("P a C")
        #expect(explorer.state.review?.counts.decided == 0)
        explorer.press("esc")
        #expect(explorer.state.sheet == nil && explorer.state.picture == 1)
    }

    @Test func theSheetAsksForWhatItShows() {
        var explorer = ScriptedExplorer(columns: 80, rows: 24, pictures: 1000)
        explorer.press("P")
        func last() -> SurveyRequest? { explorer.effects.compactMap { if case .survey(let request) = $0 { request } else { nil } }.last }
        #expect(last()?.items.first?.picture == 0 && last()?.makesLabels == true)
        explorer.press("end")
        #expect(explorer.state.sheetPictures.last == 999)
        #expect(last()?.items.first?.picture == explorer.state.sheetPictures.first && last()?.items.count == 1000)
    }

    @Test func clicksAndTheWheel() {
        var explorer = surveyed()
        explorer.press("P")
        explorer.send(.mouse(.left, column: 25, row: 4))
        #expect(explorer.state.sheet?.picture == 1)
        explorer.send(.mouse(.left, column: 25, row: 4))
        #expect(explorer.state.sheet == nil && explorer.state.picture == 1)
        explorer.press("P")
        explorer.send(.mouse(.wheelDown, column: 5, row: 5))
        #expect(explorer.state.sheet?.picture != 1)
    }
}

extension ScriptedExplorer {
    /// What is found of a picture, without anything to be seen.
    static func bare(_ picture: Int, doubt: Double) -> SurveyedPicture {
        var found = SurveyedPicture(picture: picture)
        found.classes = [picture % 3]
        found.areas = [UInt8(picture % 3 + 1): 0.1 + Double(picture % 17) / 100]
        found.doubt = LabelDoubt(entropy: doubt, margin: 1 - doubt)
        return found
    }
}
