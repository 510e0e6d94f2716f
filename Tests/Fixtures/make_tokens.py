#!/usr/bin/env python3
"""Makes `tokens/`: a thousand texts, tokenizer files of every supported form made by their own trainers, and the tokens that
OpenCLIP and transformers make of the texts; and `assets/vocabularies/clip/merges.txt` from OpenCLIP's wheel.

Needs torch 2.13 (CPU), transformers 5.24, tokenizers 0.23.3, sentencepiece 0.2.3, open_clip_torch 3.3.0, protobuf. Nothing is
downloaded. The same bytes at every run."""
import gzip
import io
import json
import logging
import random
import shutil
from pathlib import Path

import ftfy
import numpy as np
from oracle_open_clip import open_clip
import sentencepiece
from open_clip.tokenizer import SimpleTokenizer, default_bpe, get_clean_fn
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import CLIPTokenizer, PreTrainedTokenizerFast, SiglipTokenizer
from transformers.models.siglip2.tokenization_siglip2 import Siglip2Tokenizer

logging.disable(logging.WARNING)
HERE = Path(__file__).resolve().parent
OUT = HERE / "tokens"
ASSETS = HERE.parents[1] / "assets/vocabularies/clip"
CHOICE = random.Random(19)

WORDS = """a an the photo picture of cat dog horses sheep cow person man's woman's it's don't they'll we've I'm he'd 'twas rock'n'roll
bicycle aeroplane potted plant dining-table tv/monitor sofa blurry large small cropped close-up black-and-white painting origami
x-ray CAT Dog NASA McDonald's 3D 4K 1000 2,500.75 1/2 10% $5.99 #tag @user e-mail user@example.org https://example.org/a_b?c=d&e=f
snake_case CamelCase naïve façade Ångström crème brûlée jalapeño Straße ΑΘΗΝΑ ΟΔΥΣΣΕΥΣ Ελλάδα Москва кошка собака Київ שלום كلب قطة
हाथी कुत्ता แมว สุนัข 猫 犬 写真 ねこ イヌ カタカナ 고양이 강아지 chó mèo con mèo ngựa İstanbul ışık ǅ ﬁsh ﬂower ﬀ ½ ² ³ ① Ⅳ ㎏ ™ © ® € £ ¥ § ¶ † •
😀 😺 🐶 👩‍🚀 👨‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 👍🏽 ❤️ ☃ ♥ → ≠ ∑ ∞ √ … – — ‘single’ “double” «guillemets» „low“ ＦＵＬＬ ｶﾀｶﾅ ａｂｃ ！ ？ 　 &amp; &lt;b&gt; &#39; &#x1F600; AT&T
<b>bold</b> {} [x] (y) ~ ` ^ \\ | _ __ -- ... !!! ?! :) ;-) :-( <3 '' "" 's 'S 't 're 'VE ''s !'s x'ś é é ñ Å Ö ô̂ 각 각 ﷺ ‌ ‍ ​ ﻿ ſ 'ſ K ß ẞ
\t \n \r\n   \u0085 \u2028 \u2009 \u200b \x1b[31mred\x1b[0m \x07 \x1c \x7f \ue000 \U0010ffff \U00020000 \U0001d400 <|endoftext|> <end_of_text>
▁ ▁▁ ▁x </w> <unk> <0x41> <pad>""".split(" ")


def texts():
    found = ["", " ", "\n", "   ", "\t \u3000", "a", "A", "!", "'", "a photo of a cat", "a photo of a cat.", "A  photo\tof\na   CAT ",
             "word " * 100, "x" * 300, "supercalifragilisticexpialidocious " * 12, "😀" * 90, "猫" * 100, "aaaa" * 60, "'s" * 40, "1234567890" * 12]
    while len(found) < 1000:
        kind = CHOICE.random()
        if kind < 0.7:
            words = [CHOICE.choice(WORDS) for _ in range(CHOICE.randint(1, 14))]
            text = CHOICE.choice([" ", " ", " ", "", "  "]).join(words)
        elif kind < 0.85:
            text = "".join(chr(CHOICE.choice([CHOICE.randint(32, 126), CHOICE.randint(0xA0, 0x24F), CHOICE.randint(0x370, 0x5FF),
                                              CHOICE.randint(0x3040, 0x30FF), CHOICE.randint(0x4E00, 0x9FFF), CHOICE.randint(0x1F300, 0x1F64F)]))
                           for _ in range(CHOICE.randint(1, 30)))
        else:
            text = "".join(CHOICE.choice("abc ABC'.,!?-_ \t") for _ in range(CHOICE.randint(1, 60)))
        if CHOICE.random() < 0.1:
            text = text.upper()
        found.append(text)
    return found


def corpus():
    lines = [template("thing") for template in open_clip.OPENAI_IMAGENET_TEMPLATES] + list(open_clip.IMAGENET_CLASSNAMES)
    return lines + [word for word in WORDS if word.strip()] * 2


def write(name, kind):
    path = OUT / name
    path.mkdir(parents=True, exist_ok=True)
    return path / kind


def clip_files():
    """Hugging Face's CLIP: byte pairs with ends of words, as vocab.json and merges.txt and as tokenizer.json."""
    plain = CLIPTokenizer()._tokenizer
    trainer = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    trainer.normalizer, trainer.pre_tokenizer = plain.normalizer, plain.pre_tokenizer
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer.train_from_iterator(corpus(), trainers.BpeTrainer(
        vocab_size=1400, end_of_word_suffix="</w>", initial_alphabet=alphabet, special_tokens=["<|startoftext|>", "<|endoftext|>"],
        show_progress=False))
    model = json.loads(trainer.to_str())["model"]
    vocabulary = model["vocab"]
    for letter in sorted(alphabet):
        vocabulary.setdefault(letter + "</w>", len(vocabulary))
    tokenizer = CLIPTokenizer(vocab=vocabulary, merges=[tuple(pair) for pair in model["merges"]])
    tokenizer.backend_tokenizer.save(str(write("clip_json", "tokenizer.json")), pretty=False)
    write("clip_files", "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False, separators=(",", ":")))
    write("clip_files", "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in model["merges"]))
    return tokenizer


def siglip_files():
    """SigLIP: a unigram model of SentencePiece, as spiece.model and, as T5's, as tokenizer.json."""
    path = write("siglip", "spiece.model")
    # Written by itself the model would name this folder.
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([line for line in corpus() if "\n" not in line]), model_writer=written, vocab_size=1100,
        model_type="unigram", pad_id=0, eos_id=1, unk_id=2, bos_id=-1, character_coverage=0.98, minloglevel=2, hard_vocab_limit=False,
        num_threads=1, user_defined_symbols=["<mark>"])
    path.write_bytes(written.getvalue())
    tokenizer = SiglipTokenizer(str(path))
    from sentencepiece import sentencepiece_model_pb2 as form
    model = form.ModelProto()
    model.ParseFromString(path.read_bytes())
    fast = Tokenizer(models.Unigram([(piece.piece, piece.score) for piece in model.pieces], unk_id=2, byte_fallback=False))
    fast.normalizer = normalizers.Sequence([normalizers.Precompiled(model.normalizer_spec.precompiled_charsmap), normalizers.Strip(left=False, right=True),
                                            normalizers.Replace(Regex(" {2,}"), "▁")])
    fast.pre_tokenizer = pre_tokenizers.Metaspace()
    fast.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    fast.add_special_tokens(["<pad>", "</s>", "<unk>"])
    fast.save(str(write("siglip_json", "tokenizer.json")), pretty=False)
    return tokenizer, PreTrainedTokenizerFast(tokenizer_object=fast)


def siglip2_files():
    """SigLIP 2: byte pairs over whole texts, with bytes for what is unknown."""
    trainer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    trainer.normalizer = normalizers.Sequence([normalizers.Lowercase(), normalizers.Replace(" ", "▁")])
    specials = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    trainer.train_from_iterator(corpus(), trainers.BpeTrainer(vocab_size=1500, special_tokens=specials, limit_alphabet=150, show_progress=False))
    model = json.loads(trainer.to_str())["model"]
    tokenizer = Siglip2Tokenizer(vocab=model["vocab"], merges=[tuple(pair) for pair in model["merges"]])
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(single="$A <eos>", special_tokens=[("<eos>", 1)])
    tokenizer.backend_tokenizer.save(str(write("siglip2", "tokenizer.json")), pretty=False)
    return tokenizer


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    merges = gzip.open(default_bpe()).read().decode().split("\n")[1:49152 - 256 - 2 + 1]
    ASSETS.mkdir(parents=True, exist_ok=True)
    (ASSETS / "merges.txt").write_text("".join(line + "\n" for line in merges))
    OUT.mkdir()
    strings = texts()
    # Of ftfy the mending of wrongly decoded texts is left out: it guesses. Of HTML's 2231 names the usual ones are known.
    steps = ftfy.TextFixerConfig(fix_encoding=False, restore_byte_a0=False, replace_lossy_sequences=False, decode_inconsistent_utf8=False)
    skipped = [ftfy.fix_text(text) != ftfy.fix_text(text, steps) for text in strings]
    simple = SimpleTokenizer()
    t5 = siglip_files()
    results = {"open_clip": lambda text: [simple.sot_token_id, *simple.encode(text), simple.eot_token_id]}
    clip, siglip2 = clip_files(), siglip2_files()
    results |= {"clip_files": lambda text: clip(text).input_ids, "clip_json": lambda text: clip(text).input_ids,
                "siglip": lambda text: t5[0](text).input_ids, "siglip_json": lambda text: t5[1](text).input_ids,
                "siglip_clean": lambda text: t5[1](get_clean_fn("canonicalize")(text)).input_ids,
                "siglip2": lambda text: siglip2(text).input_ids}
    arrays = {"skipped": np.array(skipped, np.float32)}
    for name, encode in results.items():
        tokens = [encode(text) for text in strings]
        arrays[name] = np.concatenate([np.array(ids, np.float32) for ids in tokens])
        arrays[name + ".counts"] = np.array([len(ids) for ids in tokens], np.float32)
    np.savez_compressed(OUT / "tokens.npz", **arrays)
    (OUT / "texts.json").write_text(json.dumps(strings))
    print(sum(skipped), "texts that ftfy mends by guessing are not compared with OpenCLIP's")


main()
