// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "getam",
    products: [
        .library(name: "GETAM", targets: ["GETAM"]),
        .library(name: "getam-interface", type: .dynamic, targets: ["Interface"]),
        .executable(name: "getam", targets: ["getam"]),
        .executable(name: "getam-bench", targets: ["getam-bench"]),
    ],
    traits: [
        .trait(name: "MPI", description: "Training over several processes and machines, by Open MPI."),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    ],
    targets: [
        // The system's libraries.
        .systemLibrary(name: "CNcurses", providers: [.apt(["libncurses-dev"])]),
        .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg62-turbo-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        // Read with the trait MPI only.
        .systemLibrary(name: "CMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),
        // C only where Swift cannot: run-time dispatched vector loops, borrowed closures, setjmp, signal handlers.
        .target(name: "CKernels"),
        .target(name: "CClosures"),
        .target(name: "CFiles"),
        .target(
            name: "CCodecs", dependencies: ["CPNG", "CJPEG"],
            linkerSettings: [.linkedLibrary("png16"), .linkedLibrary("jpeg")]),

        // The core, lowest room first; each imports only what stands before it.
        .target(name: "Files", dependencies: ["CFiles"]),
        .target(name: "Tensors", dependencies: ["CKernels", "CClosures", "Files"]),
        .target(name: "Images", dependencies: ["CCodecs", "Files", "Tensors"]),
        .target(name: "Checkpoints", dependencies: ["CZlib", "Files", "Tensors"]),
        .target(name: "VisionTransformer", dependencies: ["Tensors", "Checkpoints"]),
        .target(name: "Text", dependencies: ["Files", "Tensors", "Checkpoints", "VisionTransformer"]),
        .target(
            name: "Attribution", dependencies: ["Tensors", "Images", "Checkpoints", "VisionTransformer"], exclude: ["README.md"]),
        .target(
            name: "Labels",
            dependencies: ["Files", "Tensors", "Images", "Checkpoints", "VisionTransformer", "Attribution"],
            exclude: ["README.md"]),

        .target(
            name: "Training",
            dependencies: [
                "Files", "Tensors", "Images", "Checkpoints", "VisionTransformer", "Attribution", "Labels",
                .target(name: "CMPI", condition: .when(traits: ["MPI"])),
            ],
            exclude: ["README.md"]),

        // How good maps are.
        .target(
            name: "Quality",
            dependencies: ["Files", "Tensors", "Images", "Checkpoints", "VisionTransformer", "Attribution", "Labels"]),

        // The explorer, and the terminal it is drawn on.
        .target(
            name: "Explorer",
            dependencies: ["Files", "Tensors", "Images", "Checkpoints", "VisionTransformer", "Attribution", "Labels", "Quality"]),
        .target(name: "CTerminal", dependencies: ["CFiles"]),
        .target(name: "Terminal", dependencies: ["CNcurses", "CTerminal", "CZlib", "Files", "Explorer"]),

        // The public face, the bundled model and pictures, the programs.
        .target(
            name: "GETAM",
            dependencies: ["Files", "Tensors", "Images", "Checkpoints", "VisionTransformer", "Text", "Attribution", "Labels", "Quality"]),
        // Functions of C for other languages, and Python's words for them.
        .target(name: "Interface", dependencies: ["GETAM"], exclude: ["python"]),
        .target(
            name: "Assets", dependencies: ["Files"], path: "assets", exclude: ["make_pictures.py", "make_views.py", "views"],
            resources: [
                .copy("models"), .copy("pictures"), .copy("vocabularies"), .copy("licenses"), .copy("terminfo"), .copy("README.md"),
            ]),
        // Ends the program in one line where memory runs out.
        .target(name: "CAllocationGuard"),
        .executableTarget(
            name: "getam",
            dependencies: [
                "Assets", "CAllocationGuard", "GETAM", "Training", "Explorer", "Terminal",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        // Counts allocations in the benchmark; linked into nothing else.
        .target(name: "CAllocationCount"),
        .executableTarget(
            name: "getam-bench",
            dependencies: [
                "Assets", "CAllocationCount", "Files", "GETAM", "Training", "Explorer", "Terminal", "PTYSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // The tests' own tools: where the fixtures are, a pseudo terminal with a screen model, and a program to run in it.
        .target(name: "PTYSupport", dependencies: ["CZlib", "Explorer"], path: "Tests/PTYSupport"),
        .executableTarget(
            name: "terminal-probe", dependencies: ["Explorer", "Terminal", "PTYSupport"], path: "Tests/TerminalProbe"),
        .testTarget(name: "TerminalTests", dependencies: ["Explorer", "Terminal", "PTYSupport", "terminal-probe"]),

        .target(name: "TestSupport", dependencies: ["Checkpoints", "Files", "Tensors"], path: "Tests/TestSupport"),
        .testTarget(name: "TensorsTests", dependencies: ["Checkpoints", "Tensors", "TestSupport"]),
        .executableTarget(
            name: "fuzz-checkpoints", dependencies: ["Checkpoints", "Files", "Tensors", "Text"], path: "Tests/FuzzCheckpoints",
            exclude: ["corpus", "make_corpus.py", "make_token_corpus.py"]),
        .testTarget(name: "CheckpointsTests", dependencies: ["Checkpoints", "Files", "Tensors", "TestSupport"]),
        .testTarget(
            name: "VisionTransformerTests", dependencies: ["VisionTransformer", "Attribution", "Images", "TestSupport"]),
        .testTarget(
            name: "TrainingTests",
            dependencies: ["Training", "Attribution", "VisionTransformer", "Checkpoints", "Images", "Tensors", "Files", "TestSupport"]),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "getam", "getam-bench", "CZlib", "Checkpoints", "Files", "Images", "Labels", "PTYSupport", "Tensors", "TestSupport",
            ]),
        .testTarget(
            name: "AttributionTests",
            dependencies: ["Attribution", "Checkpoints", "Images", "Tensors", "TestSupport", "VisionTransformer"]),
        .testTarget(
            name: "QualityTests",
            dependencies: [
                "Quality", "Attribution", "VisionTransformer", "Checkpoints", "Images", "Tensors", "Files", "TestSupport",
            ]),
        .testTarget(name: "TextTests", dependencies: ["Text", "VisionTransformer", "Checkpoints", "Tensors", "Files", "TestSupport"]),
        .testTarget(name: "ImagesTests", dependencies: ["Files", "Tensors", "Images", "TestSupport"]),
        .testTarget(name: "ExplorerTests", dependencies: ["Explorer", "Images", "Attribution", "Labels", "TestSupport"]),
        // The manual and the order of the rooms, against the program and its sources.
        .testTarget(name: "ManualTests", dependencies: ["getam", "Explorer", "GETAM", "Training", "PTYSupport", "TestSupport"]),
        .testTarget(name: "HouseTests", dependencies: ["TestSupport"]),
        .testTarget(
            name: "LabelsTests",
            dependencies: [
                "Files", "Tensors", "Images", "Checkpoints", "VisionTransformer", "Attribution", "Labels", "TestSupport",
            ]),
        .testTarget(
            name: "ExplorerSessionTests", dependencies: ["Files", "GETAM", "Images", "PTYSupport", "TestSupport", "getam"]),
    ],
    swiftLanguageModes: [.v6]
)
