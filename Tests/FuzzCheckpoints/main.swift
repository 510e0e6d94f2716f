import Checkpoints
import Files
import Glibc

// Mutates the files of a corpus and reads what comes out, by every reader; the same seed gives the same sequence.
//
//     swift run -c release fuzz-checkpoints [executions] [seed] [corpus folder] [checkpoints|tokens]
//
// The last word keeps to one kind of files: weights and what lies beside them, or a tokenizer's.
// A trap, a hang, or more than a gibibyte of memory is a failure; an error must be one line. Prints what it did.

let arguments = CommandLine.arguments
let executions = arguments.count > 1 ? Int(arguments[1]) ?? 100_000 : 100_000
let seed = arguments.count > 2 ? UInt64(arguments[2]) ?? 1 : 1
let corpus = arguments.count > 3 ? arguments[3] : "Tests/FuzzCheckpoints/corpus"
let tokens = ["vocab.json", "merges.txt", "tokenizer-pairs.json", "tokenizer-unigrams.json", "spiece.model", "text.safetensors"]
let checkpoints = [
    "vit.pth", "vit-legacy.pth", "vit-deflated.pth", "everything.pth", "everything-4.pth", "legacy.pth", "script.pt",
    "vit.safetensors", "flax.npz", "flax-deflated.npz", "array.npy", "vectors.npy", "vectors-2.npy", "vectors-forms.npy",
    "maps.npy", "maps-numbered.npy", "maps.npz",
    "shards.index.json", "config.json",
]
let kind = arguments.count > 4 ? arguments[4] : ""
let names = kind == "tokens" ? tokens : kind == "checkpoints" ? checkpoints : checkpoints + tokens

var mutator = Mutator(seed: seed)
let seeds: [(name: String, bytes: [UInt8])] = try names.map { name in
    (name, try MappedFile(path: corpus + "/" + name).withBytes { Array($0) })
}
// Beside each other, as an index and a configuration want it; in memory where the system has such a folder.
let folder = (access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp") + "/fuzz-checkpoints-\(getpid())"
mkdir(folder, 0o700)
for (name, bytes) in seeds { try AtomicFile.write(bytes, to: folder + "/" + name) }

var (loaded, refused) = (0, 0)
var worst = ""
for execution in 0..<executions {
    let item = seeds[Int(mutator.next() % UInt64(seeds.count))]
    let other = seeds[Int(mutator.next() % UInt64(seeds.count))]
    let changed = mutator.mutate(item.bytes, splicing: other.bytes)
    let path = folder + "/" + item.name
    guard overwrite(path, changed) else { fatalError("cannot write \(path)") }
    do {
        try Readers.read(path, name: item.name, folder: folder)
        loaded += 1
    } catch let error as FileError {
        refused += 1
        let line = error.description
        if line.contains("\n") || line.utf8.count > 3000 { fatalError("execution \(execution): not one line: \(line)") }
        if line.utf8.count > worst.utf8.count { worst = line }
    }
    _ = overwrite(path, item.bytes)
}
for (name, _) in seeds { unlink(folder + "/" + name) }
rmdir(folder)

var usage = rusage()
getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
print("\(executions) executions, seed \(seed): \(loaded) read, \(refused) refused; peak memory \(usage.ru_maxrss / 1024) MiB")
print("longest line: \(worst.prefix(300))")
exit(usage.ru_maxrss < 1 << 20 ? 0 : 1)

/// Replaces a file's content without making a new file of it, which is faster.
func overwrite(_ path: String, _ bytes: [UInt8]) -> Bool {
    let descriptor = open(path, O_WRONLY | O_TRUNC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return write(descriptor, bytes, bytes.count) == bytes.count
}
