#!/usr/bin/env python3
"""Makes the seeds under `corpus/` of the tokenizer files: each form with every part that is read, as small as can be; and a text tower
of width 4. Run it in this folder; needs sentencepiece 0.2.3, protobuf, numpy and safetensors."""
import base64
import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from sentencepiece import sentencepiece_model_pb2 as form

OUT = Path(__file__).resolve().parent / "corpus"
CLIP = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"

def charmap():
    """Units of darts-clone: offset in bits 10 and up, leaf in bit 8, label in the low byte."""
    units = [0] * 256
    units[0] = 1 << 10
    units[1 ^ ord("a")] = 2 << 10 | 1 << 8 | ord("a")
    units[1 ^ ord("a") ^ 2] = 0x80000000
    trie = b"".join(unit.to_bytes(4, "little") for unit in units[:104])
    return len(trie).to_bytes(4, "little") + trie + b"bc\0"


def dump(name, value):
    (OUT / name).write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


vocabulary = {"a": 0, "t</w>": 1, "at</w>": 2, "c": 3, "<|endoftext|>": 4, "<|startoftext|>": 5, "cat</w>": 6, "\u00e9": 7, "e\u0301": 8}
dump("vocab.json", vocabulary)
(OUT / "merges.txt").write_text("#version: 0.2\na t</w>\nc at</w>\n")
dump("tokenizer-pairs.json", {
    "added_tokens": [{"id": 4, "content": "<e>", "lstrip": False, "rstrip": True, "normalized": False, "single_word": False}],
    "normalizer": {"type": "Sequence", "normalizers": [
        {"type": "NFC"}, {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "}, {"type": "Lowercase"}]},
    "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": CLIP}, "behavior": "Removed", "invert": True}, {"type": "ByteLevel", "add_prefix_space": False},
        {"type": "Split", "pattern": {"String": "é"}, "behavior": "MergedWithPrevious", "invert": False}]},
    "post_processor": {"type": "RobertaProcessing", "sep": ["<e>", 4], "cls": ["<s>", 5]},
    "model": {"type": "BPE", "unk_token": "<e>", "fuse_unk": True, "byte_fallback": False, "end_of_word_suffix": "</w>",
              "vocab": {"a": 0, "t</w>": 1, "at</w>": 2, "c": 3, "<e>": 4, "<s>": 5, "cat</w>": 6}, "merges": ["a t</w>", ["c", "at</w>"]]}})
dump("tokenizer-unigrams.json", {
    "padding": {"pad_id": 0}, "added_tokens": [{"id": 0, "content": "<p>", "special": True, "normalized": True}],
    "normalizer": {"type": "Sequence", "normalizers": [
        {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(charmap()).decode()}, {"type": "Strip"}, {"type": "Prepend", "prepend": "x"},
        {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}, {"type": "NFD"}]},
    "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": True},
    "post_processor": {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "</s>"}}],
                       "special_tokens": {"</s>": {"ids": [1]}}},
    "model": {"type": "Unigram", "unk_id": 2, "byte_fallback": False,
              "vocab": [["<p>", 0], ["</s>", 0.0], ["<u>", 0], ["▁", -2.5], ["a", -3], ["ca", -4.25], ["▁a", -5.0]]}})
model = form.ModelProto()
for text, score, kind in [("<unk>", 0, 2), ("</s>", 0, 3), ("▁a", -2, 1), ("ca", -1, 1), ("t!", 0, 4), ("<0x41>", 0, 6), ("x", 0, 5)]:
    model.pieces.add(piece=text, score=score, type=kind)
model.trainer_spec.model_type, model.trainer_spec.eos_id, model.trainer_spec.byte_fallback = 1, 1, True
model.normalizer_spec.precompiled_charsmap, model.normalizer_spec.add_dummy_prefix = charmap(), True
(OUT / "spiece.model").write_bytes(model.SerializeToString())

random = np.random.default_rng(0)
make = lambda *shape: random.normal(size=shape).astype(np.float32) * 0.3
tower = {"token_embedding.weight": make(5, 4), "positional_embedding": make(6, 4), "text_projection": make(4, 3), "logit_scale": np.float32([2.5])}
for norm in ["ln_final", "transformer.resblocks.0.ln_1", "transformer.resblocks.0.ln_2"]:
    tower[norm + ".weight"], tower[norm + ".bias"] = make(4), make(4)
for layer, rows, columns in [("attn.in_proj_", 12, 4), ("attn.out_proj.", 4, 4), ("mlp.c_fc.", 8, 4), ("mlp.c_proj.", 4, 8)]:
    tower[f"transformer.resblocks.0.{layer}weight"], tower[f"transformer.resblocks.0.{layer}bias"] = make(rows, columns), make(rows)
save_file(tower, OUT / "text.safetensors")
