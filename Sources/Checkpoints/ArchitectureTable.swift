// Made by Tests/Fixtures/make_architectures.py from timm 1.0.31: change the script, not this file.

extension Architecture {
    /// The version of timm that the names were read from.
    static let timmVersion = "1.0.31"

    /// Every plain ViT of timm's registry, by what the tensors do not tell. Before the names: their width/heads.
    static let groups: [Group] = [
        Group(
            normEpsilon: 1e-06, activation: .gelu, statistics: .clip, hasFinalNorm: false,
            names: """
                768/12: vit_base_patch16_radio_v3
                1024/16: vit_large_patch16_radio_v3
                1152/16: vit_so400m_patch16_radio_v4
                1280/16: vit_huge_patch16_radio_v3 vit_huge_patch16_radio_v4
                1536/24: vit_giant_patch16_radio_v3
                """),
        Group(
            normEpsilon: 1e-06, activation: .gelu, statistics: .clip, hasFinalNorm: false,
            resampling: .bilinear, positionsKeepShape: true, input: .init(height: 512, width: 512),
            names: """
                1024/16: naflexvit_large_patch16_radio_v3
                1152/16: naflexvit_so400m_patch16_radio_v4
                1280/16: naflexvit_huge_patch16_radio_v4
                1536/24: naflexvit_giant_patch16_radio_v3
                """),
        Group(
            normEpsilon: 1e-06, activation: .gelu, statistics: .clip, hasFinalNorm: false,
            resampling: .bilinearAligned, positionsKeepShape: true, input: .init(height: 512, width: 512),
            names: """
                768/12: naflexvit_base_patch16_radio_v3
                1280/16: naflexvit_huge_patch16_radio_v3
                """),
        Group(
            normEpsilon: 1e-06, activation: .gelu, statistics: .clip,
            names: """
                1024/16: eva_large_patch14_196 eva_large_patch14_336
                1408/16: eva_giant_patch14_224 eva_giant_patch14_336 eva_giant_patch14_clip_224
                """),
        Group(
            normEpsilon: 1e-06, activation: .gelu, statistics: .clip, normsOutputs: true,
            names: """
                1792/16: eva02_enormous_patch14_clip_224
                """),
        Group(
            normEpsilon: 1e-06, activation: .gelu, statistics: .clip, rotary: .axial(reference: 16), input: .init(height: 256, width: 256),
            names: """
                640/10: vit_betwixt_patch16_rope_reg4_gap_256
                """),
        Group(
            normEpsilon: 1e-06, activation: .gelu, statistics: .half,
            names: """
                64/2: test_vit test_vit2
                192/3: vit_tiny_patch16_224 vit_tiny_patch16_384 vit_tiny_r_s16_p8_224 vit_tiny_r_s16_p8_384
                256/4: vit_dpwee_patch16_reg1_gap_256 vit_dwee_patch16_reg1_gap_256 vit_pwee_patch16_reg1_gap_256
                vit_wee_patch16_reg1_gap_256
                320/5: vit_dlittle_patch16_reg1_gap_256 vit_little_patch16_reg1_gap_256 vit_little_patch16_reg4_gap_256
                384/6: flexivit_small vit_small_patch16_18x2_224 vit_small_patch16_36x1_224 vit_small_patch16_224
                vit_small_patch16_384 vit_small_patch32_224 vit_small_patch32_384 vit_small_r26_s32_224
                vit_small_r26_s32_384
                512/8: vit_medium_patch16_gap_240 vit_medium_patch16_gap_256 vit_medium_patch16_gap_384
                vit_medium_patch16_reg1_gap_256 vit_medium_patch16_reg4_gap_256 vit_mediumd_patch16_reg4_gap_256
                vit_mediumd_patch16_reg4_gap_384
                640/10: vit_betwixt_patch16_gap_256 vit_betwixt_patch16_reg1_gap_256 vit_betwixt_patch16_reg4_gap_256
                vit_betwixt_patch16_reg4_gap_384
                768/12: flexivit_base vit_base_patch8_224 vit_base_patch16_18x2_224 vit_base_patch16_224
                vit_base_patch16_384 vit_base_patch16_reg4_gap_256 vit_base_patch16_siglip_224 vit_base_patch16_siglip_256
                vit_base_patch16_siglip_384 vit_base_patch16_siglip_512 vit_base_patch16_siglip_gap_224
                vit_base_patch16_siglip_gap_256 vit_base_patch16_siglip_gap_384 vit_base_patch16_siglip_gap_512
                vit_base_patch32_224 vit_base_patch32_384 vit_base_r26_s32_224 vit_base_r50_s16_224 vit_base_r50_s16_384
                naflexvit_base_patch16_gap naflexvit_base_patch16_map
                768/16: vit_base_patch16_gap_224
                832/13: vit_so150m2_patch16_reg1_gap_256 vit_so150m2_patch16_reg1_gap_384 vit_so150m2_patch16_reg1_gap_448
                naflexvit_so150m2_patch16_reg1_gap naflexvit_so150m2_patch16_reg1_map
                896/14: vit_base_patch16_plus_240 vit_base_patch32_plus_256 vit_so150m_patch16_reg4_gap_256
                vit_so150m_patch16_reg4_gap_384 vit_so150m_patch16_reg4_map_256
                1024/16: flexivit_large vit_large_patch14_224 vit_large_patch16_224 vit_large_patch16_384
                vit_large_patch16_siglip_256 vit_large_patch16_siglip_384 vit_large_patch16_siglip_gap_256
                vit_large_patch16_siglip_gap_384 vit_large_patch32_224 vit_large_patch32_384 vit_large_r50_s32_224
                vit_large_r50_s32_384
                1152/16: vit_so400m_patch14_siglip_224 vit_so400m_patch14_siglip_378 vit_so400m_patch14_siglip_384
                vit_so400m_patch14_siglip_gap_224 vit_so400m_patch14_siglip_gap_378 vit_so400m_patch14_siglip_gap_384
                vit_so400m_patch14_siglip_gap_448 vit_so400m_patch14_siglip_gap_896
                1280/16: vit_huge_patch14_224
                1408/16: vit_giant_patch14_224
                1664/16: vit_gigantic_patch14_224
                """),
        Group(
            normEpsilon: 1e-06, activation: .gelu, statistics: .half, normsOutputs: true,
            names: """
                768/12: vit_base_patch16_rpn_224
                """),
        Group(
            normEpsilon: 1e-06, activation: .gelu, statistics: .half, normKind: .rootMeanSquare,
            names: """
                96/3: test_vit4
                768/12: vit_base_patch16_xp_224
                1024/16: vit_large_patch14_xp_224
                1280/16: vit_huge_patch14_xp_224
                """),
        Group(
            normEpsilon: 1e-06, activation: .gelu, statistics: .half, positionsKeepShape: true,
            names: """
                768/12: naflexvit_base_patch16_par_gap naflexvit_base_patch16_parfac_gap
                """),
        Group(
            normEpsilon: 1e-06, activation: .gelu, statistics: .half, poolReadsPrefix: true,
            names: """
                96/3: test_vit3
                """),
        Group(
            normEpsilon: 1e-06, activation: .gelu, statistics: .half, rotary: .axial(reference: 16), input: .init(height: 256, width: 256),
            names: """
                512/8: vit_medium_patch16_rope_reg1_gap_256 vit_mediumd_patch16_rope_reg1_gap_256
                768/12: vit_base_patch16_rope_reg1_gap_256
                """),
        Group(
            normEpsilon: 1e-06, activation: .gelu, statistics: .imageNet, hasFinalNorm: false,
            names: """
                1024/16: vit_intern300m_patch14_448
                """),
        Group(
            normEpsilon: 1e-06, activation: .gelu, statistics: .imageNet,
            names: """
                192/3: deit_tiny_distilled_patch16_224 deit_tiny_patch16_224
                384/6: vit_small_patch8_224 vit_small_patch14_dinov2 vit_small_patch14_reg4_dinov2 deit3_small_patch16_224
                deit3_small_patch16_384 deit_small_distilled_patch16_224 deit_small_patch16_224
                512/8: deit3_medium_patch16_224
                768/8: vit_small_resnet26d_224 vit_small_resnet50d_s16_224
                768/12: vit_base_patch14_dinov2 vit_base_patch14_reg4_dinov2 vit_base_resnet26d_224 vit_base_resnet50d_224
                deit3_base_patch16_224 deit3_base_patch16_384 deit_base_distilled_patch16_224
                deit_base_distilled_patch16_384 deit_base_patch16_224 deit_base_patch16_384
                1024/16: vit_large_patch14_dinov2 vit_large_patch14_reg4_dinov2 deit3_large_patch16_224
                deit3_large_patch16_384
                1280/16: vit_huge_patch14_gap_224 vit_huge_patch16_gap_448 deit3_huge_patch14_224
                1408/16: vit_giant_patch16_gap_224 eva_giant_patch14_560
                """),
        Group(
            normEpsilon: 1e-06, activation: .gelu, statistics: .imageNet, rotary: .axial(base: 100, reference: nil, columnsFirst: true),
            names: """
                384/6: vit_small_patch16_rope_ape_224
                768/12: vit_base_patch16_rope_ape_224
                1024/16: vit_large_patch16_rope_ape_224
                """),
        Group(
            normEpsilon: 1e-06, activation: .gelu, statistics: .imageNet,
            rotary: .axial(base: 100, reference: nil, columnsFirst: true), input: .init(height: 224, width: 224),
            names: """
                384/6: vit_small_patch16_rope_224
                768/12: vit_base_patch16_rope_224
                1024/16: vit_large_patch16_rope_224
                """),
        Group(
            normEpsilon: 1e-06, activation: .gelu, statistics: .imageNet, rotary: .mixed(columnsFirst: true),
            names: """
                384/6: vit_small_patch16_rope_mixed_ape_224
                768/12: vit_base_patch16_rope_mixed_ape_224
                1024/16: vit_large_patch16_rope_mixed_ape_224
                """),
        Group(
            normEpsilon: 1e-06, activation: .gelu, statistics: .imageNet,
            rotary: .mixed(columnsFirst: true), input: .init(height: 224, width: 224),
            names: """
                384/6: vit_small_patch16_rope_mixed_224
                768/12: vit_base_patch16_rope_mixed_224
                1024/16: vit_large_patch16_rope_mixed_224
                """),
        Group(
            normEpsilon: 1e-06, activation: .gelu, statistics: .none,
            names: """
                768/12: vit_base_patch14_reg1_tipsv2 vit_base_mci_224
                1024/16: vit_large_patch14_reg1_tipsv2
                1152/16: vit_so400m_patch14_reg1_tipsv2
                """),
        Group(
            normEpsilon: 1e-06, activation: .gelu, statistics: .none, interpolation: .bilinear,
            names: """
                768/12: vit_base_patch16_224_miil
                """),
        Group(
            normEpsilon: 1e-06, activation: .geluTanh, statistics: .half, hasFinalNorm: false,
            rotary: .axial(reference: nil, pairsHalves: true), resampling: .bilinearAligned,
            names: """
                768/12: qwen3_vit_88m_enc
                1024/16: qwen3_vit_306m_enc
                1152/16: qwen3_vit_416m_enc
                """),
        Group(
            normEpsilon: 1e-06, activation: .geluTanh, statistics: .half, hasFinalNorm: false, hasPlainPooledNorm: true,
            rotary: .axial(reference: nil, pairsHalves: true), resampling: .bilinearAligned,
            names: """
                768/12: qwen3_vit_88m qwen3_vit_88m_merge
                1024/16: qwen3_vit_306m qwen3_vit_306m_merge
                1152/16: qwen3_vit_416m qwen3_vit_416m_merge
                """),
        Group(
            normEpsilon: 1e-06, activation: .geluTanh, statistics: .half,
            names: """
                768/12: vit_base_patch32_siglip_256 vit_base_patch32_siglip_gap_256
                1024/16: vit_large_patch16_siglip_512 vit_large_patch16_siglip_gap_512
                1152/16: vit_so400m_patch16_siglip_256 vit_so400m_patch16_siglip_384 vit_so400m_patch16_siglip_512
                vit_so400m_patch16_siglip_gap_256 vit_so400m_patch16_siglip_gap_384 vit_so400m_patch16_siglip_gap_512
                1536/16: vit_giantopt_patch16_siglip_256 vit_giantopt_patch16_siglip_384 vit_giantopt_patch16_siglip_gap_256
                vit_giantopt_patch16_siglip_gap_384
                """),
        Group(
            normEpsilon: 1e-06, activation: .geluTanh, statistics: .half, resampling: .bilinearAntialiased,
            names: """
                768/12: naflexvit_base_patch16_siglip
                1152/16: naflexvit_so400m_patch16_siglip
                """),
        Group(
            normEpsilon: 1e-06, activation: .geluTanh, statistics: .none, normKind: .rootMeanSquare, hasFinalNorm: false,
            rotary: .gemma, input: .init(height: 768, width: 768),
            names: """
                768/12: gemma4_vit_167m_enc
                1152/16: gemma4_vit_570m_enc
                """),
        Group(
            normEpsilon: 1e-06, activation: .geluTanh, statistics: .none, normKind: .rootMeanSquare,
            hasFinalNorm: false, hasPlainPooledNorm: true,
            rotary: .gemma, input: .init(height: 768, width: 768),
            names: """
                768/12: gemma4_vit_167m
                1152/16: gemma4_vit_570m
                """),
        Group(
            normEpsilon: 1e-06, activation: .silu, statistics: .clip, rotary: .axial(reference: 16),
            names: """
                192/3: eva02_tiny_patch14_224 eva02_tiny_patch14_336
                384/6: eva02_small_patch14_224 eva02_small_patch14_336
                768/12: eva02_base_patch14_224 eva02_base_patch14_448 eva02_base_patch16_clip_224
                1024/16: eva02_large_patch14_224 eva02_large_patch14_448 eva02_large_patch14_clip_224
                eva02_large_patch14_clip_336
                """),
        Group(
            normEpsilon: 1e-06, activation: .silu, statistics: .half, normKind: .rootMeanSquare,
            rotary: .axial(reference: nil, pairsHalves: true), input: .init(height: 546, width: 546),
            names: """
                1024/16: deepseek_vit_412m_enc
                """),
        Group(
            normEpsilon: 1e-06, activation: .silu, statistics: .half, normKind: .rootMeanSquare, hasPlainPooledNorm: true,
            rotary: .axial(reference: nil, pairsHalves: true), input: .init(height: 546, width: 546),
            names: """
                1024/16: deepseek_vit_412m deepseek_vit_412m_align
                """),
        Group(
            normEpsilon: 1e-06, activation: .silu, statistics: .imageNet,
            names: """
                1536/24: vit_giant_patch14_dinov2 vit_giant_patch14_reg4_dinov2
                """),
        Group(
            normEpsilon: 1e-06, activation: .silu, statistics: .imageNet, interpolation: .bilinear, normKind: .rootMeanSquare,
            rotary: .dinov3(), input: .init(height: 1024, width: 768),
            names: """
                768/12: vit_base_patch16_sapiens2
                1024/16: vit_large_patch16_sapiens2
                1280/16: vit_huge_patch16_sapiens2
                1536/24: vit_giant_patch16_sapiens2
                2432/32: vit_5b_patch16_sapiens2
                """),
        Group(
            normEpsilon: 1e-06, activation: .silu, statistics: .none,
            names: """
                1536/24: vit_giant_patch14_reg1_tipsv2
                """),
        Group(
            normEpsilon: 1e-05, activation: .gelu, statistics: .clip,
            names: """
                256/4: vit_xsmall_patch16_clip_224
                512/8: vit_medium_patch16_clip_224 vit_medium_patch32_clip_224
                640/10: vit_betwixt_patch32_clip_224
                768/12: vit_base_patch16_clip_224 vit_base_patch16_clip_384 vit_base_patch32_clip_224
                vit_base_patch32_clip_256 vit_base_patch32_clip_384 vit_base_patch32_clip_448
                896/14: vit_base_patch16_plus_clip_240
                1280/16: vit_huge_patch14_clip_224 vit_huge_patch14_clip_336 vit_huge_patch14_clip_378
                1408/16: vit_giant_patch14_clip_224
                1664/16: vit_gigantic_patch14_clip_224 vit_gigantic_patch14_clip_378
                """),
        Group(
            normEpsilon: 1e-05, activation: .gelu, statistics: .half, hasFinalNorm: false,
            rotary: .axial(reference: 32, columnsFirst: true),
            names: """
                1536/16: vit_pe_lang_gigantic_patch14_448 vit_pe_spatial_gigantic_patch14_448
                """),
        Group(
            normEpsilon: 1e-05, activation: .gelu, statistics: .half, hasFinalNorm: false,
            rotary: .axial(reference: 32, offset: 1, columnsFirst: true), poolsPatches: true,
            names: """
                192/3: vit_pe_spatial_tiny_patch16_512
                384/6: vit_pe_spatial_small_patch16_512
                768/12: vit_pe_spatial_base_patch16_512
                1024/16: vit_pe_lang_large_patch14_448 vit_pe_spatial_large_patch14_448
                """),
        Group(
            normEpsilon: 1e-05, activation: .gelu, statistics: .half,
            names: """
                1024/16: vit_large_patch14_clip_224 vit_large_patch14_clip_336
                """),
        Group(
            normEpsilon: 1e-05, activation: .gelu, statistics: .half,
            rotary: .axial(reference: 14, offset: 1, columnsFirst: true), poolHeads: 8,
            names: """
                768/12: vit_pe_core_base_patch16_224
                """),
        Group(
            normEpsilon: 1e-05, activation: .gelu, statistics: .half,
            rotary: .axial(reference: 24, offset: 1, columnsFirst: true), poolHeads: 8,
            names: """
                192/3: vit_pe_core_tiny_patch16_384
                384/6: vit_pe_core_small_patch16_384
                1024/16: vit_pe_core_large_patch14_336
                """),
        Group(
            normEpsilon: 1e-05, activation: .gelu, statistics: .half, rotary: .axial(reference: 32, columnsFirst: true), poolHeads: 8,
            names: """
                1536/16: vit_pe_core_gigantic_patch14_448
                """),
        Group(
            normEpsilon: 1e-05, activation: .gelu, statistics: .imageNet,
            names: """
                768/12: beit3_base_patch16_224
                1024/16: beit3_large_patch16_224
                1408/16: beit3_giant_patch14_224 beit3_giant_patch14_336
                """),
        Group(
            normEpsilon: 1e-05, activation: .gelu, statistics: .imageNet,
            rotary: .dinov3(), poolsPatches: true, input: .init(height: 256, width: 256),
            names: """
                192/3: vit_tiny_patch16_dinov3_qkvb
                384/6: vit_small_patch16_dinov3 vit_small_patch16_dinov3_qkvb
                768/12: vit_base_patch16_dinov3 vit_base_patch16_dinov3_qkvb
                1024/16: vit_large_patch16_dinov3 vit_large_patch16_dinov3_qkvb
                """),
        Group(
            normEpsilon: 1e-05, activation: .gelu, statistics: .imageNet, interpolation: .bilinear,
            rotary: .dinov3(), input: .init(height: 512, width: 512),
            names: """
                384/6: vit_small_patch16_lingbot
                768/12: vit_base_patch16_lingbot
                1024/16: vit_large_patch16_lingbot
                """),
        Group(
            normEpsilon: 1e-05, activation: .quickGELU, statistics: .clip,
            names: """
                768/12: vit_base_patch16_clip_quickgelu_224 vit_base_patch32_clip_quickgelu_224
                1024/16: vit_large_patch14_clip_quickgelu_224 vit_large_patch14_clip_quickgelu_336
                1280/16: vit_huge_patch14_clip_quickgelu_224 vit_huge_patch14_clip_quickgelu_378
                1664/16: vit_gigantic_patch14_clip_quickgelu_224
                """),
        Group(
            normEpsilon: 1e-05, activation: .silu, statistics: .clip, normKind: .rootMeanSquare,
            names: """
                1024/8: aimv2_large_patch14_224 aimv2_large_patch14_336 aimv2_large_patch14_448
                1536/12: aimv2_huge_patch14_224 aimv2_huge_patch14_336 aimv2_huge_patch14_448
                2048/16: aimv2_1b_patch14_224 aimv2_1b_patch14_336 aimv2_1b_patch14_448
                3072/24: aimv2_3b_patch14_224 aimv2_3b_patch14_336 aimv2_3b_patch14_448
                """),
        Group(
            normEpsilon: 1e-05, activation: .silu, statistics: .imageNet,
            rotary: .dinov3(), poolsPatches: true, input: .init(height: 256, width: 256),
            names: """
                384/6: vit_small_plus_patch16_dinov3 vit_small_plus_patch16_dinov3_qkvb
                1280/20: vit_huge_plus_patch16_dinov3 vit_huge_plus_patch16_dinov3_qkvb
                4096/32: vit_7b_patch16_dinov3
                """),
        Group(
            normEpsilon: 1e-05, activation: .silu, statistics: .imageNet, interpolation: .bilinear,
            rotary: .dinov3(), input: .init(height: 512, width: 512),
            names: """
                1536/24: vit_giant_patch16_lingbot
                """),
    ]

    /// Weights of those architectures that were not all trained with one mean and standard deviation.
    static let weights: [(statistics: Statistics, names: String)] = [
        (
            .clip,
            """
            vit_base_patch16_224.bamboo vit_large_patch14_clip_224.apple_mclip2_dfndr2b
            vit_large_patch14_clip_224.datacompxl vit_large_patch14_clip_224.dfn2b vit_large_patch14_clip_224.dfn2b_s39b
            vit_large_patch14_clip_224.laion400m_e32 vit_large_patch14_clip_224.metaclip_2pt5b
            vit_large_patch14_clip_224.metaclip_400m vit_large_patch14_clip_224.openai
            vit_large_patch14_clip_224.openai_ft_in1k vit_large_patch14_clip_224.openai_ft_in12k
            vit_large_patch14_clip_224.openai_ft_in12k_in1k vit_large_patch14_clip_336.openai
            vit_large_patch14_clip_336.openai_ft_in12k_in1k eva_giant_patch14_336.clip_ft_in1k
            """
        ),
        (
            .half,
            """
            vit_base_patch8_224.augreg2_in21k_ft_in1k vit_base_patch8_224.augreg_in21k
            vit_base_patch8_224.augreg_in21k_ft_in1k vit_base_patch16_224.augreg2_in21k_ft_in1k
            vit_base_patch16_224.augreg_in1k vit_base_patch16_224.augreg_in21k vit_base_patch16_224.augreg_in21k_ft_in1k
            vit_base_patch16_224.orig_in21k vit_base_patch16_224.orig_in21k_ft_in1k vit_base_patch16_224.sam_in1k
            vit_huge_patch14_224.orig_in21k vit_huge_patch14_224.untrained vit_large_patch14_clip_224.laion2b
            vit_large_patch14_clip_224.laion2b_ft_in1k vit_large_patch14_clip_224.laion2b_ft_in12k
            vit_large_patch14_clip_224.laion2b_ft_in12k_in1k vit_large_patch14_clip_336.laion2b_ft_in1k
            vit_large_patch14_clip_336.laion2b_ft_in12k_in1k vit_large_patch16_224.augreg_in21k
            vit_large_patch16_224.augreg_in21k_ft_in1k vit_large_patch16_224.orig_in21k vit_small_patch16_224.augreg_in1k
            vit_small_patch16_224.augreg_in21k vit_small_patch16_224.augreg_in21k_ft_in1k
            """
        ),
        (
            .imageNet,
            """
            vit_base_patch8_224.dino vit_base_patch16_224.dino vit_base_patch16_224.mae vit_huge_patch14_224.mae
            vit_large_patch16_224.mae vit_small_patch16_224.dino eva_giant_patch14_336.m30m_ft_in22k_in1k
            vit_7b_patch16_dinov3.lvd1689m vit_large_patch16_dinov3.lvd1689m vit_large_patch16_dinov3_qkvb.lvd1689m
            """
        ),
        (
            .satellite,
            """
            vit_7b_patch16_dinov3.sat493m vit_large_patch16_dinov3.sat493m vit_large_patch16_dinov3_qkvb.sat493m
            """
        ),
    ]

    /// What timm's evaluation takes of a picture, of architectures for which that is not the usual one and of weights that differ.
    static let crops: [(crop: ModelConfiguration.Crop, names: String)] = [
        (
            .init(share: 0.875),
            """
            vit_base_patch16_224_miil
            """
        ),
        (
            .init(share: 0.9),
            """
            vit_base_patch16_224.augreg2_in21k_ft_in1k vit_base_patch16_224.augreg_in1k vit_base_patch16_224.augreg_in21k
            vit_base_patch16_224.augreg_in21k_ft_in1k vit_base_patch16_224.dino vit_base_patch16_224.mae
            vit_base_patch16_224.orig_in21k vit_base_patch16_224.orig_in21k_ft_in1k vit_base_patch16_224.sam_in1k
            vit_base_patch16_clip_224.laion2b_ft_in12k vit_base_patch16_clip_224.openai
            vit_base_patch16_clip_224.openai_ft_in1k vit_base_patch16_clip_224.openai_ft_in12k
            vit_base_patch16_clip_quickgelu_224.openai vit_base_patch32_clip_224.laion2b
            vit_base_patch32_clip_224.laion2b_ft_in1k vit_base_patch32_clip_224.laion2b_ft_in12k_in1k
            vit_base_patch32_clip_224.laion400m_e32 vit_base_patch32_clip_224.openai
            vit_base_patch32_clip_224.openai_ft_in1k vit_base_patch32_clip_224.openai_ft_in12k_in1k
            vit_base_patch32_clip_quickgelu_224.laion400m_e32 vit_base_patch32_clip_quickgelu_224.openai
            vit_so400m_patch14_siglip_378.v2_webli vit_so400m_patch14_siglip_378.webli
            vit_so400m_patch14_siglip_gap_378.v2_webli deit3_base_patch16_224.fb_in1k deit3_huge_patch14_224.fb_in1k
            deit3_large_patch16_224.fb_in1k deit3_medium_patch16_224.fb_in1k deit3_small_patch16_224.fb_in1k
            """
        ),
        (
            .init(share: 0.95),
            """
            flexivit_base flexivit_large flexivit_small test_vit test_vit2 test_vit3 test_vit4 vit_base_patch16_clip_224
            vit_base_patch16_clip_224.laion2b_ft_in12k_in1k vit_base_patch16_clip_224.openai_ft_in12k_in1k
            vit_base_patch16_plus_240 vit_base_patch32_plus_256 vit_betwixt_patch16_gap_256 vit_betwixt_patch16_reg1_gap_256
            vit_betwixt_patch16_reg4_gap_256 vit_dlittle_patch16_reg1_gap_256 vit_dpwee_patch16_reg1_gap_256
            vit_dwee_patch16_reg1_gap_256 vit_little_patch16_reg1_gap_256 vit_little_patch16_reg4_gap_256
            vit_medium_patch16_gap_240 vit_medium_patch16_gap_256 vit_medium_patch16_reg1_gap_256
            vit_medium_patch16_reg4_gap_256 vit_mediumd_patch16_reg4_gap_256 vit_pwee_patch16_reg1_gap_256
            vit_so150m_patch16_reg4_gap_256 vit_wee_patch16_reg1_gap_256 vit_base_patch16_rope_reg1_gap_256
            vit_betwixt_patch16_rope_reg4_gap_256 vit_medium_patch16_rope_reg1_gap_256 vit_mediumd_patch16_rope_reg1_gap_256
            """
        ),
        (
            .init(share: 0.95, squashes: true),
            """
            vit_base_patch16_clip_384.openai_ft_in12k_in1k vit_base_patch32_clip_384.openai_ft_in12k_in1k
            vit_medium_patch16_gap_384
            """
        ),
        (
            .init(share: 1),
            """
            deepseek_vit_412m deepseek_vit_412m_align deepseek_vit_412m_enc
            """
        ),
        (
            .init(share: 1),
            """
            aimv2_1b_patch14_224 aimv2_1b_patch14_336 aimv2_1b_patch14_448 aimv2_3b_patch14_224 aimv2_3b_patch14_336
            aimv2_3b_patch14_448 aimv2_huge_patch14_224 aimv2_huge_patch14_336 aimv2_huge_patch14_448
            aimv2_large_patch14_224 aimv2_large_patch14_336 aimv2_large_patch14_448 beit3_base_patch16_224
            beit3_giant_patch14_224 beit3_giant_patch14_336 beit3_large_patch16_224 eva_large_patch14_196
            vit_base_patch14_dinov2 vit_base_patch14_reg1_tipsv2 vit_base_patch14_reg4_dinov2 vit_base_patch16_224.bamboo
            vit_base_patch16_384 vit_base_patch16_clip_224.datacompxl vit_base_patch16_clip_224.dfn2b
            vit_base_patch16_clip_224.laion2b vit_base_patch16_clip_224.laion2b_ft_in1k
            vit_base_patch16_clip_224.laion400m_e32 vit_base_patch16_clip_224.metaclip_2pt5b
            vit_base_patch16_clip_224.metaclip_400m vit_base_patch16_clip_quickgelu_224
            vit_base_patch16_clip_quickgelu_224.metaclip_2pt5b vit_base_patch16_clip_quickgelu_224.metaclip_400m
            vit_base_patch16_plus_clip_240 vit_base_patch16_radio_v3 vit_base_patch32_384
            vit_base_patch32_clip_224.datacompxl vit_base_patch32_clip_224.metaclip_2pt5b
            vit_base_patch32_clip_224.metaclip_400m vit_base_patch32_clip_256 vit_base_patch32_clip_384
            vit_base_patch32_clip_384.laion2b_ft_in12k_in1k vit_base_patch32_clip_448
            vit_base_patch32_clip_quickgelu_224.metaclip_2pt5b vit_base_patch32_clip_quickgelu_224.metaclip_400m
            vit_betwixt_patch16_reg4_gap_384 vit_giant_patch14_clip_224 vit_giant_patch14_dinov2
            vit_giant_patch14_reg1_tipsv2 vit_giant_patch14_reg4_dinov2 vit_giant_patch16_radio_v3
            vit_gigantic_patch14_clip_224 vit_gigantic_patch14_clip_quickgelu_224 vit_huge_patch14_clip_224
            vit_huge_patch14_clip_378 vit_huge_patch14_clip_378.dfn5b vit_huge_patch14_clip_quickgelu_224
            vit_huge_patch14_clip_quickgelu_378 vit_huge_patch16_gap_448 vit_huge_patch16_radio_v3 vit_huge_patch16_radio_v4
            vit_intern300m_patch14_448 vit_large_patch14_clip_224 vit_large_patch14_clip_336.openai
            vit_large_patch14_clip_quickgelu_224 vit_large_patch14_clip_quickgelu_336 vit_large_patch14_dinov2
            vit_large_patch14_reg1_tipsv2 vit_large_patch14_reg4_dinov2 vit_large_patch16_384 vit_large_patch16_radio_v3
            vit_large_patch32_384 vit_mediumd_patch16_reg4_gap_384 vit_small_patch14_dinov2 vit_small_patch14_reg4_dinov2
            vit_small_patch16_384 vit_small_patch32_384 vit_so150m2_patch16_reg1_gap_256 vit_so150m2_patch16_reg1_gap_384
            vit_so150m_patch16_reg4_gap_384 vit_so400m_patch14_reg1_tipsv2 vit_so400m_patch14_siglip_gap_378.webli
            vit_so400m_patch14_siglip_gap_384 vit_so400m_patch14_siglip_gap_448 vit_so400m_patch14_siglip_gap_896
            vit_so400m_patch16_radio_v4 vit_tiny_patch16_384 vit_base_r50_s16_384 vit_large_r50_s32_384
            vit_small_r26_s32_384 vit_tiny_r_s16_p8_384 deit3_base_patch16_224.fb_in22k_ft_in1k deit3_base_patch16_384
            deit3_huge_patch14_224.fb_in22k_ft_in1k deit3_large_patch16_224.fb_in22k_ft_in1k deit3_large_patch16_384
            deit3_medium_patch16_224.fb_in22k_ft_in1k deit3_small_patch16_224.fb_in22k_ft_in1k deit3_small_patch16_384
            deit_base_distilled_patch16_384 deit_base_patch16_384 eva02_base_patch14_448.mim_in22k_ft_in1k
            eva02_large_patch14_448.mim_in22k_ft_in1k eva02_large_patch14_448.mim_m38m_ft_in1k eva02_large_patch14_clip_336
            eva02_small_patch14_336 eva02_tiny_patch14_336 vit_7b_patch16_dinov3 vit_base_patch16_dinov3
            vit_base_patch16_dinov3_qkvb vit_huge_plus_patch16_dinov3 vit_huge_plus_patch16_dinov3_qkvb
            vit_large_patch16_dinov3 vit_large_patch16_dinov3_qkvb vit_pe_core_base_patch16_224
            vit_pe_core_gigantic_patch14_448 vit_pe_core_large_patch14_336 vit_pe_core_small_patch16_384
            vit_pe_core_tiny_patch16_384 vit_pe_lang_gigantic_patch14_448 vit_pe_lang_large_patch14_448
            vit_pe_spatial_base_patch16_512 vit_pe_spatial_gigantic_patch14_448 vit_pe_spatial_large_patch14_448
            vit_pe_spatial_small_patch16_512 vit_pe_spatial_tiny_patch16_512 vit_small_patch16_dinov3
            vit_small_patch16_dinov3_qkvb vit_small_plus_patch16_dinov3 vit_small_plus_patch16_dinov3_qkvb
            vit_tiny_patch16_dinov3_qkvb naflexvit_base_patch16_gap naflexvit_base_patch16_map
            naflexvit_base_patch16_par_gap naflexvit_base_patch16_parfac_gap naflexvit_base_patch16_radio_v3
            naflexvit_base_patch16_siglip naflexvit_giant_patch16_radio_v3 naflexvit_huge_patch16_radio_v3
            naflexvit_huge_patch16_radio_v4 naflexvit_large_patch16_radio_v3 naflexvit_so150m2_patch16_reg1_gap
            naflexvit_so150m2_patch16_reg1_map naflexvit_so400m_patch16_radio_v4 naflexvit_so400m_patch16_siglip
            gemma4_vit_167m gemma4_vit_167m_enc gemma4_vit_570m gemma4_vit_570m_enc
            """
        ),
        (
            .init(share: 1, squashes: true),
            """
            eva_large_patch14_336 vit_base_patch16_clip_384 vit_base_patch16_clip_384.laion2b_ft_in1k
            vit_base_patch16_clip_384.laion2b_ft_in12k_in1k vit_base_patch16_clip_384.openai_ft_in1k
            vit_gigantic_patch14_clip_378 vit_huge_patch14_clip_336 vit_huge_patch14_clip_378.metaclip2_worldwide
            vit_large_patch14_clip_336 vit_large_patch14_clip_336.laion2b_ft_in1k
            vit_large_patch14_clip_336.laion2b_ft_in12k_in1k vit_large_patch14_clip_336.openai_ft_in12k_in1k
            vit_so150m2_patch16_reg1_gap_448 vit_so400m_patch14_siglip_378.webli_ft_in1k
            vit_so400m_patch14_siglip_gap_378.webli_ft_in1k eva02_base_patch14_448 eva02_base_patch14_448.mim_in22k_ft_in22k
            eva02_base_patch14_448.mim_in22k_ft_in22k_in1k eva02_large_patch14_448
            eva02_large_patch14_448.mim_in22k_ft_in22k eva02_large_patch14_448.mim_in22k_ft_in22k_in1k
            eva02_large_patch14_448.mim_m38m_ft_in22k eva02_large_patch14_448.mim_m38m_ft_in22k_in1k eva_giant_patch14_336
            eva_giant_patch14_560 vit_5b_patch16_sapiens2 vit_base_patch16_lingbot vit_base_patch16_sapiens2
            vit_giant_patch16_lingbot vit_giant_patch16_sapiens2 vit_huge_patch16_sapiens2 vit_large_patch16_lingbot
            vit_large_patch16_sapiens2 vit_small_patch16_lingbot qwen3_vit_88m qwen3_vit_88m_enc qwen3_vit_88m_merge
            qwen3_vit_306m qwen3_vit_306m_enc qwen3_vit_306m_merge qwen3_vit_416m qwen3_vit_416m_enc qwen3_vit_416m_merge
            """
        ),
    ]

    /// ViTs of timm's registry that are not plain, by what they have.
    static let others: [(feature: String, names: String)] = [
        (
            "relative positions",
            """
            test_vit_relpos vit_relpos_base_patch16_224 vit_relpos_base_patch16_cls_224 vit_relpos_base_patch16_clsgap_224
            vit_relpos_base_patch16_plus_240 vit_relpos_base_patch16_rpn_224 vit_relpos_base_patch32_plus_rpn_256
            vit_relpos_medium_patch16_224 vit_relpos_medium_patch16_cls_224 vit_relpos_medium_patch16_rpn_224
            vit_relpos_small_patch16_224 vit_relpos_small_patch16_rpn_224 vit_srelpos_medium_patch16_224
            vit_srelpos_small_patch16_224 samvit_base_patch16 samvit_base_patch16_224 samvit_huge_patch16
            samvit_large_patch16 beit_base_patch16_224 beit_base_patch16_384 beit_large_patch16_224 beit_large_patch16_384
            beit_large_patch16_512 beitv2_base_patch16_224 beitv2_large_patch16_224
            """
        ),
    ]

    /// What other models of timm's registry have, by the words that their names begin with.
    static let kinds: [(feature: String, beginnings: String)] = [
        (
            "a transformer within each patch",
            """
            tnt
            """
        ),
        (
            "attention among channels, not patches",
            """
            xcit
            """
        ),
        (
            "attention in windows",
            """
            davit efficientvit_m0 efficientvit_m1 efficientvit_m2 efficientvit_m3 efficientvit_m4 efficientvit_m5 gcvit
            hiera hieradet nest sam2 swin swinv2 tiny twins
            """
        ),
        (
            "blocks of class attention, and heads that are mixed",
            """
            cait
            """
        ),
        (
            "convolutions between its blocks",
            """
            bat botnet26t botnet50ts caformer coat coatnet coatnext convformer cpubone csatv2 eca_botnext26ts
            eca_halonext26ts eca_resnet33ts eca_resnext26ts edgenext efficientformer efficientformerv2 fastvit gcresnet33ts
            gcresnet50t gcresnext26ts gcresnext50ts gernet halo2botnet50ts halonet halonet26t halonet50ts haloregnetz
            iformer lambda lamhalobotnet50ts lowformer maxvit maxxvit maxxvitv2 mobileone mobilevit mobilevitv2 mvitv2
            nextvit pit poolformer poolformerv2 pvt regnetz_b16 regnetz_c16 regnetz_d32 regnetz_d8 regnetz_e8 repvgg
            resnet101_clip resnet32ts resnet33ts resnet50_clip resnet50_mlp resnet50x16 resnet50x4 resnet50x64 resnet51q
            resnet61q resnext26ts sebotnet33ts sehalonet33ts seresnet33ts seresnext26ts shvit swiftformer test_byobnet
            test_coatnet test_maxvit visformer vitamin volo
            """
        ),
        (
            "no attention among patches",
            """
            convnext convnextv2 gmixer gmlp mixer resmlp resnetv2 test_convnext test_convnext2 test_convnext3
            """
        ),
        (
            "relative positions",
            """
            convit levit
            """
        ),
        (
            "two branches of patches that attend to each other",
            """
            crossvit
            """
        ),
    ]

    /// Former names, and what they are called now.
    static let renamed = """
        deit3_base_patch16_224_in21ft1k=deit3_base_patch16_224.fb_in22k_ft_in1k
        deit3_base_patch16_384_in21ft1k=deit3_base_patch16_384.fb_in22k_ft_in1k
        deit3_huge_patch14_224_in21ft1k=deit3_huge_patch14_224.fb_in22k_ft_in1k
        deit3_large_patch16_224_in21ft1k=deit3_large_patch16_224.fb_in22k_ft_in1k
        deit3_large_patch16_384_in21ft1k=deit3_large_patch16_384.fb_in22k_ft_in1k
        deit3_medium_patch16_224_in21ft1k=deit3_medium_patch16_224.fb_in22k_ft_in1k
        deit3_small_patch16_224_in21ft1k=deit3_small_patch16_224.fb_in22k_ft_in1k
        deit3_small_patch16_384_in21ft1k=deit3_small_patch16_384.fb_in22k_ft_in1k
        vit_base_patch16_224_dino=vit_base_patch16_224.dino vit_base_patch16_224_in21k=vit_base_patch16_224.augreg_in21k
        vit_base_patch16_224_miil_in21k=vit_base_patch16_224_miil.in21k vit_base_patch16_224_sam=vit_base_patch16_224.sam
        vit_base_patch32_224_clip_laion2b=vit_base_patch32_clip_224.laion2b
        vit_base_patch32_224_in21k=vit_base_patch32_224.augreg_in21k vit_base_patch32_224_sam=vit_base_patch32_224.sam
        vit_base_patch8_224_dino=vit_base_patch8_224.dino vit_base_patch8_224_in21k=vit_base_patch8_224.augreg_in21k
        vit_base_r50_s16_224_in21k=vit_base_r50_s16_224.orig_in21k
        vit_base_resnet50_224_in21k=vit_base_r50_s16_224.orig_in21k
        vit_base_resnet50_384=vit_base_r50_s16_384.orig_in21k_ft_in1k
        vit_giant_patch14_224_clip_laion2b=vit_giant_patch14_clip_224.laion2b
        vit_huge_patch14_224_clip_laion2b=vit_huge_patch14_clip_224.laion2b
        vit_huge_patch14_224_in21k=vit_huge_patch14_224.orig_in21k
        vit_large_patch14_224_clip_laion2b=vit_large_patch14_clip_224.laion2b
        vit_large_patch16_224_in21k=vit_large_patch16_224.augreg_in21k
        vit_large_patch32_224_in21k=vit_large_patch32_224.orig_in21k
        vit_large_r50_s32_224_in21k=vit_large_r50_s32_224.augreg_in21k vit_small_patch16_224_dino=vit_small_patch16_224.dino
        vit_small_patch16_224_in21k=vit_small_patch16_224.augreg_in21k
        vit_small_patch32_224_in21k=vit_small_patch32_224.augreg_in21k vit_small_patch8_224_dino=vit_small_patch8_224.dino
        vit_small_r26_s32_224_in21k=vit_small_r26_s32_224.augreg_in21k
        vit_tiny_patch16_224_in21k=vit_tiny_patch16_224.augreg_in21k
        vit_tiny_r_s16_p8_224_in21k=vit_tiny_r_s16_p8_224.augreg_in21k
        """
}
