"""Makes a tiny model of Surya 2's own kind (Qwen 3.5 with a vision tower) and teaches it two pages by heart.

Run by Surya's environment, ``python make_model.py PAGES FOLDER``: ``PAGES`` is a JSON list of {"picture", "prompt", "answer"}.
The weights are random, made here, and never shipped; the code that loads and runs them is the real one.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from PIL import Image
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen3_5Config, Qwen3_5ForConditionalGeneration
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

SPECIAL = [
    "<|pad|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
]
STEPS = 400
GOOD_ENOUGH = 0.005


def tokenizer() -> PreTrainedTokenizerFast:
    """One token a character."""
    characters = [chr(code) for code in range(32, 127)] + ["\n"]
    vocabulary = {text: number for number, text in enumerate([*SPECIAL, "<unk>", *characters])}
    made = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    made.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        pad_token="<|pad|>",
        eos_token="<|im_end|>",
        unk_token="<unk>",
        additional_special_tokens=[name for name in SPECIAL if name not in ("<|pad|>", "<|im_end|>")],
    )


def model(tokens: PreTrainedTokenizerFast) -> Qwen3_5ForConditionalGeneration:
    numbers = {name: tokens.convert_tokens_to_ids(name) for name in SPECIAL}
    rope = {
        "rope_type": "default",
        "rope_theta": 1e4,
        "mrope_section": [1, 1, 0],
        "mrope_interleaved": True,
        "partial_rotary_factor": 0.25,
    }
    text = {
        "vocab_size": len(tokens),
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "linear_num_key_heads": 2,
        "linear_num_value_heads": 4,
        "linear_key_head_dim": 16,
        "linear_value_head_dim": 16,
        "max_position_embeddings": 18000,
        "tie_word_embeddings": True,
        "rope_parameters": rope,
        "pad_token_id": numbers["<|pad|>"],
        "eos_token_id": numbers["<|im_end|>"],
    }
    vision = {
        "depth": 2,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_heads": 2,
        "patch_size": 16,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
        "out_hidden_size": 64,
        "num_position_embeddings": 2304,
    }
    torch.manual_seed(7)
    return Qwen3_5ForConditionalGeneration(
        Qwen3_5Config(
            text_config=text,
            vision_config=vision,
            image_token_id=numbers["<|image_pad|>"],
            video_token_id=numbers["<|video_pad|>"],
            vision_start_token_id=numbers["<|vision_start|>"],
            vision_end_token_id=numbers["<|vision_end|>"],
            tie_word_embeddings=True,
        )
    )


def processor() -> Qwen2VLImageProcessorPil:
    return Qwen2VLImageProcessorPil(
        patch_size=16,
        temporal_patch_size=2,
        merge_size=2,
        size={"shortest_edge": 3136, "longest_edge": 6291456},
        image_mean=[0.5] * 3,
        image_std=[0.5] * 3,
    )


def encoded(tokens, images, picture: Image.Image, prompt: str, answer: str | None = None) -> dict[str, torch.Tensor]:
    """What the model gets for a picture and a prompt, as its chat template writes them; with an answer, what it is to learn."""
    pixels = images(images=[picture.convert("RGB")], return_tensors="pt")
    places = int(pixels["image_grid_thw"].prod()) // 4
    asked = (
        f"<|im_start|>user\n<|vision_start|>{'<|image_pad|>' * places}<|vision_end|>{prompt}<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    ids = tokens(asked, return_tensors="pt", add_special_tokens=False)["input_ids"]
    found = {"pixel_values": pixels["pixel_values"], "image_grid_thw": pixels["image_grid_thw"]}
    if answer is not None:
        said = tokens(f"{answer}<|im_end|>", return_tensors="pt", add_special_tokens=False)["input_ids"]
        found["labels"] = torch.cat([torch.full_like(ids, -100), said], dim=1)
        ids = torch.cat([ids, said], dim=1)
    image = tokens.convert_tokens_to_ids("<|image_pad|>")
    return found | {
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "mm_token_type_ids": (ids == image).to(torch.int32),
    }


def teach(learner, batches) -> None:
    """Until the likeliest character is the right one everywhere, and likely."""
    optimizer = torch.optim.AdamW(learner.parameters(), lr=4e-3, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 5e-3, total_steps=STEPS, pct_start=0.15)
    learner.train()
    for step in range(STEPS):
        losses, wrong = [], 0
        optimizer.zero_grad()
        for batch in batches:
            found = learner(**batch)
            found.loss.backward()
            losses.append(found.loss.item())
            wanted = batch["labels"][:, 1:]
            wrong += int(((found.logits[:, :-1].argmax(-1) != wanted) & (wanted != -100)).sum())
        torch.nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 20 == 0:
            print(step, max(losses), wrong, file=sys.stderr, flush=True)
        if not wrong and max(losses) < GOOD_ENOUGH:
            return
    raise SystemExit(f"the model did not learn its pages: {wrong} characters are wrong")


def main(pages: str, folder: str) -> None:
    torch.set_num_threads(1)
    tokens, images = tokenizer(), processor()
    learner = model(tokens)
    batches = [
        encoded(tokens, images, Image.open(page["picture"]), page["prompt"], page["answer"])
        for page in json.loads(Path(pages).read_text())
    ]
    teach(learner, batches)
    for part in (learner, tokens, images):
        part.save_pretrained(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
