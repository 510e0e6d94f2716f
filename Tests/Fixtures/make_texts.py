#!/usr/bin/env python3
"""Makes `texts/`: tiny random CLIPs and SigLIPs of OpenCLIP and transformers with both towers, and the embeddings that the libraries
make of texts, in float64 from the stored weights; for transformers' also what tokens they make of them. Run after make_tokens.py.

Needs torch 2.13 (CPU), transformers 5.24, open_clip_torch 3.3.0, safetensors, sentencepiece. Nothing is downloaded."""
import copy
import json
import logging
import shutil
from pathlib import Path

import torch
from oracle_open_clip import open_clip
from safetensors.torch import save_file
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer, SiglipConfig, SiglipModel, SiglipTokenizer

logging.disable(logging.WARNING)
HERE = Path(__file__).resolve().parent
OUT = HERE / "texts"
TEXTS = ["a photo of a cat", "", "Dog", "a photo of many large horses that stand on a meadow, and of their shadows in the evening", "猫 😀", "it's  a SHEEP"]
TEMPLATES = ["a photo of a {}.", "a drawing of the {}.", "{}"]


def randomize(model):
    torch.manual_seed(7)
    for name, parameter in model.named_parameters():
        with torch.no_grad():
            if name.endswith(("logit_scale", "logit_bias")):
                parameter.fill_(2.5 if "scale" in name else -1.5)
            elif parameter.dim() > 1:
                parameter.normal_(0, 0.3)
            elif "norm" in name or "ln_" in name:
                parameter.normal_(1 if name.endswith("weight") else 0, 0.2)
            else:
                parameter.normal_(0, 0.2)
            # As it is stored.
            parameter.copy_(parameter.half())
    return model.eval()


def save(name, model, config, ids, embed, keep=lambda key: True, **extra):
    folder = OUT / name
    folder.mkdir(parents=True)
    save_file({key: (value.half() if value.is_floating_point() else value).detach().clone().contiguous()
               for key, value in model.state_dict().items() if keep(key)}, folder / "model.safetensors")
    for file, value in config.items():
        (folder / file).write_text(json.dumps(value))
    with torch.no_grad():
        embeddings = embed(model.double(), ids)
    save_file({"ids": ids, "embeddings": embeddings.float().contiguous(), **extra}, folder / "expected.safetensors")


def some_ids(vocabulary, context, end):
    """Texts of several lengths, the end after each, zeros behind."""
    generator = torch.Generator().manual_seed(3)
    ids = torch.zeros(5, context, dtype=torch.long)
    for row, length in enumerate([1, 3, 7, context - 1, 2]):
        ids[row, :length] = torch.randint(1, vocabulary - 2, (length,), generator=generator)
        ids[row, length] = end
    return ids


def classes(embed, tokenize, names):
    """The head of classes, each the mean of several prompts, as zero-shot classification has it."""
    rows = []
    for name in names:
        prompts = embed(torch.cat([tokenize(template.format(name)) for template in TEMPLATES]))
        prompts = prompts / prompts.norm(dim=-1, keepdim=True)
        mean = prompts.mean(0)
        rows.append(mean / mean.norm())
    return torch.stack(rows).float().contiguous()


def open_clip_models():
    vision = {"image_size": 16, "patch_size": 8, "width": 32, "layers": 1, "head_width": 16}
    text = {"context_length": 12, "vocab_size": 90, "width": 32, "heads": 4, "layers": 2}
    for name, more, quick, end in [("open_clip", {}, True, 89), ("open_clip_gelu", {"ls_init_value": 0.1, "heads": 2}, False, 89)]:
        model = randomize(open_clip.CLIP(24, dict(vision), text | more, quick_gelu=quick))
        config = {"open_clip_config.json": {"model_cfg": {"embed_dim": 24, "quick_gelu": quick, "vision_cfg": vision, "text_cfg": text | more}}}
        save(name, model, config, some_ids(90, 12, end), lambda model, ids: model.encode_text(ids))
    sigmoid = text | {"no_causal_mask": True, "proj_bias": True, "pool_type": "last", "norm_kwargs": {"eps": 1e-6}, "act_kwargs": {"approximate": "tanh"},
                      "hf_tokenizer_name": "timm/ViT-B-16-SigLIP", "tokenizer_kwargs": {"clean": "canonicalize"}}
    model = randomize(open_clip.CustomTextCLIP(24, dict(vision), dict(sigmoid), init_logit_bias=-10))
    config = {"open_clip_config.json": {"model_cfg": {"embed_dim": 24, "custom_text": True, "vision_cfg": vision, "text_cfg": sigmoid}}}
    save("open_clip_siglip", model, config, some_ids(90, 12, 89), lambda model, ids: model.encode_text(ids))


def coca_model():
    """A class token behind the texts, which sees fill where a text's end is (OpenCLIP's mask), or does not (`correct_cls_mask`)."""
    from open_clip.coca_model import CoCa
    vision = {"image_size": 16, "patch_size": 8, "width": 8, "layers": 1, "head_width": 8, "attentional_pool": True, "output_tokens": True,
              "attn_pooler_heads": 2, "attn_pooler_queries": 2}
    text = {"context_length": 12, "vocab_size": 20, "width": 16, "heads": 4, "layers": 1, "mlp_ratio": 2, "embed_cls": True,
            "output_tokens": True}
    model = randomize(CoCa(16, {"context_length": 12, "vocab_size": 20, "width": 8, "heads": 1, "layers": 1}, dict(text), dict(vision)))
    config = {"open_clip_config.json": {
        "model_cfg": {"embed_dim": 16, "custom_text": True, "vision_cfg": vision, "text_cfg": text, "multimodal_cfg": {}}}}
    ids = some_ids(20, 12, 19)
    ids[2, 3] = 0  # what fills up may stand inside, too
    double = copy.deepcopy(model).double()
    double.text.correct_cls_mask = True
    with torch.no_grad():
        masked = double.encode_text(ids, normalize=False).float().contiguous()
    save("coca", model, config, ids, lambda model, ids: model.encode_text(ids, normalize=False),
         keep=lambda key: key.startswith("text.") or key == "logit_scale", masked=masked)


def transformers_models():
    vision = {"image_size": 16, "patch_size": 8, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    text = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 20}
    vocabulary = json.loads((HERE / "tokens/clip_files/vocab.json").read_text())
    merges = [tuple(line.split()) for line in (HERE / "tokens/clip_files/merges.txt").read_text().splitlines()[1:]]
    tokenizer = CLIPTokenizer(vocab=vocabulary, merges=merges)
    end = tokenizer.eos_token_id
    config = CLIPConfig(vision_config=dict(vision), text_config=text | {"vocab_size": len(vocabulary), "eos_token_id": end, "bos_token_id": 0,
                                                                        "pad_token_id": end}, projection_dim=24)
    model = randomize(CLIPModel(config))

    def tokens(tokenizer):
        return lambda text: tokenizer([text], padding="max_length", truncation=True, max_length=20, return_tensors="pt").input_ids

    def features(model):
        def embed(ids):
            found = model.get_text_features(input_ids=ids)
            return found if isinstance(found, torch.Tensor) else found.pooler_output
        return embed

    ids = torch.cat([tokens(tokenizer)(text) for text in TEXTS])
    with torch.no_grad():
        head = classes(features(model.double()), tokens(tokenizer), ["cat", "Dining-table"])
    model.float()
    pixels = {"do_normalize": True, "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711], "resample": 3}
    save("clip", model, {"config.json": config.to_dict(), "preprocessor_config.json": pixels}, ids, lambda model, ids: features(model)(ids), head=head)
    for file in ["vocab.json", "merges.txt"]:
        shutil.copy(HERE / "tokens/clip_files" / file, OUT / "clip" / file)

    tokenizer = SiglipTokenizer(str(HERE / "tokens/siglip/spiece.model"))
    config = SiglipConfig(vision_config=dict(vision), text_config=text | {"vocab_size": tokenizer.vocab_size, "projection_size": 32})
    model = randomize(SiglipModel(config))
    ids = torch.cat([tokens(tokenizer)(text) for text in TEXTS])
    with torch.no_grad():
        head = classes(features(model.double()), tokens(tokenizer), ["cat", "Dining-table"])
    model.float()
    save("siglip", model, {"config.json": config.to_dict()}, ids, lambda model, ids: features(model)(ids), head=head)
    (OUT / "siglip/spiece.model").symlink_to("../../tokens/siglip/spiece.model")


shutil.rmtree(OUT, ignore_errors=True)
open_clip_models()
coca_model()
transformers_models()
