#!/usr/bin/env python3
"""Writes `Sources/Text/Classes/ImageNetTemplates.swift`: the 80 prompt templates with which CLIP was measured on ImageNet, from
open_clip_torch 3.3.0 (`OPENAI_IMAGENET_TEMPLATES`), which has them from OpenAI's notebook."""
from pathlib import Path

from oracle_open_clip import open_clip

lines = [template("{}") for template in open_clip.OPENAI_IMAGENET_TEMPLATES]
assert len(lines) == 80 and all(line.count("{}") == 1 and '"' not in line and "\\" not in line for line in lines)
path = Path(__file__).resolve().parents[2] / "Sources/Text/Classes/ImageNetTemplates.swift"
path.write_text("// Written by Tests/Fixtures/make_templates.py.\n\nextension PromptTemplates {\n"
                "    /// The 80 templates with which CLIP was measured on ImageNet.\n    ///\n"
                "    /// Source: OpenAI's notebook *Prompt Engineering for ImageNet* (2021), as OpenCLIP 3.3 has them; MIT.\n"
                "    public static let imageNet = PromptTemplates(name: \"imagenet\", lines: [\n"
                + "".join(f"        \"{line}\",\n" for line in lines) + "    ])\n}\n")
