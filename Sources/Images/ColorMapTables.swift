// Written by Tests/Fixtures/make_colormaps.py.

/// The tables behind `ColorMap`.
enum ColorMapTables {
    static let viridis = colors(
        """
        44015444025544035745055845065a45085b46095c460b5e460c5f460e61470f62471163471265471466471567471669
        47186a48196b481a6c481c6e481d6f481e70482071482172482273482374472575472676472777472878472a79472b7a
        472c7b462d7c462f7c46307d46317e45327f45347f453580453681443781443982433a83433b83433c84423d84423e85
        4240854141864142864043874044873f45873f47883e48883e49893d4a893d4b893d4c893c4d8a3c4e8a3b508a3b518a
        3a528b3a538b39548b39558b38568b38578c37588c37598c365a8c365b8c355c8c355d8c345e8d345f8d33608d33618d
        32628d32638d31648d31658d31668d30678d30688d2f698d2f6a8d2e6b8e2e6c8e2e6d8e2d6e8e2d6f8e2c708e2c718e
        2c728e2b738e2b748e2a758e2a768e2a778e29788e29798e287a8e287a8e287b8e277c8e277d8e277e8e267f8e26808e
        26818e25828e25838d24848d24858d24868d23878d23888d23898d22898d228a8d228b8d218c8d218d8c218e8c208f8c
        20908c20918c1f928c1f938b1f948b1f958b1f968b1e978a1e988a1e998a1e998a1e9a891e9b891e9c891e9d881e9e88
        1e9f881ea0871fa1871fa2861fa38620a48520a58521a68521a78422a78423a88323a98224aa8225ab8126ac8127ad80
        28ae7f29af7f2ab07e2bb17d2cb17d2eb27c2fb37b30b47a32b57a33b67935b77836b87738b97639b9763bba753dbb74
        3ebc7340bd7242be7144be7045bf6f47c06e49c16d4bc26c4dc26b4fc36951c46853c56755c66657c66559c7645bc862
        5ec96160c96062ca5f64cb5d67cc5c69cc5b6bcd596dce5870ce5672cf5574d05477d05279d1517cd24f7ed24e81d34c
        83d34b86d44988d5478bd5468dd64490d64392d74195d73f97d83e9ad83c9dd93a9fd938a2da37a5da35a7db33aadb32
        addc30afdc2eb2dd2cb5dd2bb7dd29bade27bdde26bfdf24c2df22c5df21c7e01fcae01ecde01dcfe11cd2e11bd4e11a
        d7e219dae218dce218dfe318e1e318e4e318e7e419e9e419ece41aeee51bf1e51cf3e51ef6e61ff8e621fae622fde724
        """)
    static let magma = colors(
        """
        00000300000400000601000701010901010b02020d02020f03031104031304041505041706051907051b08061d09071f
        0a07220b08240c09260d0a280e0a2a0f0b2c100c2f110c31120d33140d35150e38160e3a170f3c180f3f1a10411b1044
        1c10461e10491f114b20114d2211502311522511552611572811592a115c2b115e2d10602f1062301065321067341068
        350f6a370f6c390f6e3b0f6f3c0f713e0f72400f73420f74430f75450f76470f774810784a10794b10794d117a4f117b
        50127b52127c53137c55137d57147d58157e5a157e5b167e5d177e5e177f60187f61187f63197f651a80661a80681b80
        691c806b1c806c1d806e1e816f1e81711f81731f817420817621817721817922817a22817c23817e24817f2481812581
        8225818426818526818727818928818a28818c29808d29808f2a80912a80922b80942b80952c80972c7f992d7f9a2d7f
        9c2e7f9e2e7e9f2f7ea12f7ea3307ea4307da6317da7317da9327cab337cac337bae347bb0347bb1357ab3357ab53679
        b63679b83778b93778bb3877bd3977be3976c03a75c23a75c33b74c53c74c63c73c83d72ca3e72cb3e71cd3f70ce4070
        d0416fd1426ed3426dd4436dd6446cd7456bd9466ada4769dc4869dd4968de4a67e04b66e14c66e24d65e44e64e55063
        e65162e75262e85461ea5560eb5660ec585fed595fee5b5eee5d5def5e5df0605df1615cf2635cf3655cf3675bf4685b
        f56a5bf56c5bf66e5bf6705bf7715bf7735cf8755cf8775cf9795cf97b5df97d5dfa7f5efa805efa825ffb8460fb8660
        fb8861fb8a62fc8c63fc8e63fc9064fc9265fc9366fd9567fd9768fd9969fd9b6afd9d6bfd9f6cfda16efda26ffda470
        fea671fea873feaa74feac75feae76feaf78feb179feb37bfeb57cfeb77dfeb97ffebb80febc82febe83fec085fec286
        fec488fec689fec78bfec98dfecb8efdcd90fdcf92fdd193fdd295fdd497fdd698fdd89afdda9cfddc9dfddd9ffddfa1
        fde1a3fce3a5fce5a6fce6a8fce8aafceaacfcecaefceeb0fcf0b1fcf1b3fcf3b5fcf5b7fbf7b9fbf9bbfbfabdfbfcbf
        """)
    static let blueOrange = colors(
        """
        3a86e73c87e73d88e73f89e7418ae8438be8448ce8468de8478de8498ee94b8fe94c90e94e91e94f92e95193ea5394ea
        5495ea5696ea5797ea5998eb5a98eb5c99eb5d9aeb5f9beb609ceb629dec639eec659fec66a0ec68a1ec69a1ec6ba2ed
        6ca3ed6ea4ed6fa5ed71a6ed72a7ed73a8ee75a9ee76a9ee78aaee79abee7bacee7cadee7eaeef7fafef80b0ef82b0ef
        83b1ef85b2ef86b3ef88b4f089b5f08ab6f08cb7f08db7f08fb8f090b9f092baf093bbf194bcf196bdf197bdf199bef1
        9abff19cc0f19dc1f19ec2f1a0c3f2a1c4f2a3c4f2a4c5f2a6c6f2a7c7f2a8c8f2aac9f2abcaf2adcaf2aecbf3b0ccf3
        b1cdf3b2cef3b4cff3b5cff3b7d0f3b8d1f3b9d2f3bbd3f3bcd4f3bed5f3bfd5f4c1d6f4c2d7f4c3d8f4c5d9f4c6daf4
        c8dbf4c9dbf4cbdcf4ccddf4cddef4cfdff4d0e0f4d2e0f4d3e1f4d5e2f4d6e3f4d7e4f5d9e5f5dae5f5dce6f5dde7f5
        dfe8f5e0e9f5e1eaf5e3eaf5e4ebf5e6ecf5e7edf5e9eef5eaeff5ecf0f5edf0f5eef1f5f0f2f5f1f3f5f3f4f5f4f5f5
        f5f4f4f5f3f2f5f2f1f5f1eff4f0eef4efecf4eeeaf4ede9f4ebe7f4eae5f4e9e4f3e8e2f3e7e0f3e6dff3e5ddf3e4dc
        f3e2daf3e1d8f2e0d7f2dfd5f2ded3f2ddd2f2dcd0f2dbcef1dacdf1d8cbf1d7caf1d6c8f1d5c6f0d4c5f0d3c3f0d2c1
        f0d1c0f0cfbeefcebdefcdbbefccb9efcbb8efcab6eec9b4eec8b3eec6b1eec5b0edc4aeedc3acedc2abedc1a9ecc0a7
        ecbfa6ecbda4ecbca3ebbba1ebba9febb99eebb89ceab79aeab699eab497eab396e9b294e9b192e9b091e9af8fe8ae8d
        e8ad8ce8ab8ae7aa88e7a987e7a885e7a784e6a682e6a580e6a37fe5a27de5a17be5a07ae49f78e49e76e49d75e39b73
        e39a71e3996fe2986ee2976ce2966ae29469e19367e19265e09164e09062e08f60df8e5edf8c5ddf8b5bde8a59de8957
        de8855dd8654dd8552dd8450dc834edc824cdb814adb7f48db7e46da7d44da7c42da7b40d9793ed9783cd8773ad87638
        d87536d77333d77231d6712fd6702cd66e2ad56d27d56c24d46b21d4691ed4681ad36717d36612d2640dd26306d16200
        """)
    static let distinct = colors(
        """
        e31bf64df102fe396c9079fefbd509fe99fb11ae5bf2831839f9cb08baf8a79c11c970a69dd966fc4cc246c1b3f69a9a
        a9b0fd61e6ffd06cf4f0b871fb4c103c91fddb6c679d82cc4eca2a45fd8ffe77a6d9df8885b46e23d891be844122a2bd
        d09addadf129d0b80efeaedc70a1e2fc5bfb73a40aa0eeaae873cf45a780ea5096bb88f5fd04dcdd9d3019e1d5de8d6a
        7ad4a59eb92ed2e55078c7fde08db2ba71cb8694fadb49dafc7754e3b6ffb4c87537c5dd37af0870e354cd49fafe626c
        069ce464c466b165fdfbd26bfab72a7defdac6b15afd9c5dd6743dfd8bd0ed7ef831c08ddb668893f47d92ce14fc2a97
        839e466ee895fb8083dd56b8d9818cfa07bbb9cb1179fa59c4a4fe03e275a696e9808cd51ba79fdf95fcfd9f07c783c4
        bb9a46dacf575ca65dfa66ba0ff6f1fe65e110dd33bde9814cabfd14f26676bc1fa278e48dca80fd9cba84b2fdfc444a
        4db2dbd080e26d86fff36717ef9ee3d762d5eb5e45e470b0f45a8233d4ade2a263ffae855d91e7a6ab560dbe4efc8e71
        d7811146fbaef945da4b9bcfcc7962b1de38e187cc25d2fc75ecbae1b850aadb9356d3da58b043b76ce0d7d20972d973
        6cc08dc58d0461d5c0e766f48f82e2bac04a18c376cda60981b84da287fed06fc4fcb5f914bbc2f0c630c9748fb986d9
        f637f626e4b0bed95feb47a9dd7aa161b9fde4c973df8f48ef869bf06f8443d066e37e6ae830d98e9c0477a2fc7efb0b
        87db9411a7d787c749ed38c1cd54e7fe3181a2933bd085fc7aeb24b07bbc2eb69c9dc8618ca0ea6bd4f96ad60a6ce7e8
        dd5ca5b97bfde850f7dea3f69ae989f8ab4f59cb8bfc78e13cb173f689b4ea60cf59ed7bea86e7c8e92895e53c0bddf3
        b5ed60fb70f9f34e6746e8c7c05bf5ce8456f49f81cf82afe88f84cf9951e99bc9baae31de6c4de75f66f2716ce97c4a
        efd95694ab39fb5c997af5addc91e39ab857fec672c6d476cd7576d6a95bc9c16a44a8e789af11e77412e7ad01d790c5
        f531acc2e697dae16d44d94ea670f3c661dc60c648f68a4f738aed259dfb63b564c890ea21e79bdc3aec
        """)

    /// Straight lines between these points of each channel, in matplotlib's words `_jet_data`.
    static let jet: [RGBColor] = {
        let red = ramp([(0, 0), (0.35, 0), (0.66, 1), (0.89, 1), (1, 0.5)])
        let green = ramp([(0, 0), (0.125, 0), (0.375, 1), (0.64, 1), (0.91, 0), (1, 0)])
        let blue = ramp([(0, 0.5), (0.11, 1), (0.34, 1), (0.65, 0), (1, 0)])
        return (0..<256).map { RGBColor(red: red[$0], green: green[$0], blue: blue[$0]) }
    }()

    static let gray: [RGBColor] = ramp([(0, 0), (1, 1)]).map(RGBColor.init(gray:))

    /// 256 levels along a broken line; fractions of a level are dropped, as matplotlib does.
    private static func ramp(_ points: [(x: Double, y: Double)]) -> [UInt8] {
        (0..<256).map { index in
            // Multiplied by the step and back, for the same rounding errors.
            let x = index == 255 ? 255 : 255 * (Double(index) * (1.0 / 255))
            let upper = points.firstIndex { $0.x * 255 >= x } ?? points.count - 1
            guard upper > 0 else { return UInt8(points[0].y * 255) }
            let (low, high) = (points[upper - 1], points[upper])
            let share = (x - low.x * 255) / (high.x * 255 - low.x * 255)
            return UInt8((share * (high.y - low.y) + low.y) * 255)
        }
    }

    /// Colors from hexadecimal digits, six a color; white space is skipped.
    private static func colors(_ digits: String) -> [RGBColor] {
        let nibbles = digits.utf8.filter { $0 > 0x20 }.map { $0 >= 0x61 ? $0 - 0x61 + 10 : $0 - 0x30 }
        return stride(from: 0, to: nibbles.count - 5, by: 6).map { start in
            func byte(_ offset: Int) -> UInt8 { nibbles[start + offset] << 4 | nibbles[start + offset + 1] }
            return RGBColor(red: byte(0), green: byte(2), blue: byte(4))
        }
    }
}
