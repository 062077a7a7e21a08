"""Trains the adapter of the bundled model: low-rank corrections of its layers, from texts that belong together.

    python training/adapter.py --held-out 0 --out FOLDER      # trained on three folds of topics, tried on the fourth
    python training/adapter.py --out FOLDER                   # trained on every topic: what is shipped

LoRA (Hu et al. 2021, arXiv 2106.09685) on query, key, value, attention output and both feed-forward layers; symmetric
in-batch softmax (InfoNCE) over cosines. Batches hold topics of one cluster half of the time, so that negatives are
hard; texts of the same topic, or of one with nearly the same title, are no negatives of each other.
"""

import argparse
import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from data import Topic, topics
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional
from transformers import AutoTokenizer, BertModel

from hame_match.match import weights

LAYERS = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)
TOGETHER = 8
QUERY, PASSAGE = "query: ", "passage: "


class LoraLinear(nn.Module):
    """A frozen linear layer and its low-rank correction: y = W x + b + scale * B A x."""

    def __init__(self, base: nn.Linear, rank: int, scale: float) -> None:
        super().__init__()
        self.base, self.scale = base, scale
        self.down = nn.Parameter(torch.empty(rank, base.in_features))
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (..., out) from (..., in)."""
        out: torch.Tensor = self.base(x) + self.scale * functional.linear(functional.linear(x, self.down), self.up)
        return out


def adapted(model: BertModel, first: int, rank: int, scale: float) -> dict[str, LoraLinear]:
    """Freeze `model`, put a correction beside each linear layer from layer `first` on, return them by layer name."""
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    found = {}
    for number, layer in enumerate(model.encoder.layer):
        if number < first:
            continue
        for name in LAYERS:
            path, _, last = name.rpartition(".")
            owner = layer.get_submodule(path)
            lora = LoraLinear(getattr(owner, last), rank, scale)
            setattr(owner, last, lora)
            found[f"encoder.layer.{number}.{name}"] = lora
    return found


class Encoder:
    """Texts to unit vectors, by mean pooling."""

    def __init__(self, model: BertModel, tokenizer: Any, length: int) -> None:
        self.model, self.tokenizer, self.length = model, tokenizer, length

    def __call__(self, texts: Sequence[str]) -> torch.Tensor:
        """Return (n, d) unit rows; texts of like length go through the model together, so that little is padding."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        parts = [order[start : start + TOGETHER] for start in range(0, len(order), TOGETHER)]
        rows = torch.cat([self._rows([texts[i] for i in part]) for part in parts])
        return rows[torch.tensor(sorted(range(len(order)), key=order.__getitem__))]

    def all(self, texts: Sequence[str], length: int = 256) -> np.ndarray:
        """Return (n, d) unit rows of many texts, without gradients."""
        was, self.length = self.length, length
        with torch.inference_mode():
            rows = self(texts).numpy()
        self.length = was
        return rows

    def _rows(self, texts: Sequence[str]) -> torch.Tensor:
        # Few different shapes: the library compiles a product for each.
        batch = self.tokenizer(
            list(texts),
            padding=True,
            pad_to_multiple_of=16,
            truncation=True,
            max_length=self.length,
            return_tensors="pt",
        )
        keep = batch["attention_mask"].bool()
        with torch.autocast("cpu", torch.bfloat16):
            hidden = self.model.embeddings(input_ids=batch["input_ids"])
            for layer in self.model.encoder.layer:
                hidden = layer(hidden, keep[:, None, None, :])
        weight = keep[:, :, None].float()
        return functional.normalize((hidden.float() * weight).sum(1) / weight.sum(1), dim=1)


Pair = tuple[str, str, str]
"""Left text and right text, prompts included, and the topic of both."""


def pairs_of(topic: Topic, chance: random.Random, kinds: dict[str, float]) -> list[Pair]:
    """Return the pairs of one topic for one epoch; `kinds` names which, each with the share of epochs it is in."""
    found = []
    passage = PASSAGE + topic.text

    def add(kind: str, left: str, right: str) -> None:
        if left and chance.random() < kinds.get(kind, 0.0):
            found.append((QUERY + left, right, topic.topic_id))

    objectives = [f"{title}. {objective}" for title, objective in topic.projects if objective]
    for title, objective in topic.projects:
        short = not objective or chance.random() < 0.3
        add("project", title if short else f"{title}. {objective}", passage)
    for language, text in topic.interests.items():
        add(f"interest_{language}", text, passage)
        if objectives:
            add(f"objective_{language}", text, PASSAGE + chance.choice(objectives))
        if language != "en":
            add(f"translation_{language}", text, QUERY + topic.interests["en"])
    add("title_fi", topic.title_fi, passage)
    return found


def batches(found: Sequence[Topic], size: int, chance: random.Random, kinds: dict[str, float]) -> Iterator[list[Pair]]:
    """Yield the batches of one epoch: half of them of one cluster, and no topic twice where it can be helped."""
    pairs = [pair for topic in found for pair in pairs_of(topic, chance, kinds)]
    cluster = {topic.topic_id: topic.cluster for topic in found}
    chance.shuffle(pairs)
    half = len(pairs) // 2
    mixed, grouped = pairs[:half], sorted(pairs[half:], key=lambda pair: cluster[pair[2]])
    cut = [part[i : i + size] for part in (mixed, grouped) for i in range(0, len(part), size)]
    chance.shuffle(cut)
    yield from (batch for batch in cut if len(batch) > 1)


def sisters(found: dict[str, Topic]) -> dict[str, frozenset[str]]:
    """Return topic id to the ids of topics with nearly the same title: no negatives."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    ids = list(found)
    matrix = TfidfVectorizer(sublinear_tf=True).fit_transform(found[i].title for i in ids)
    near = (matrix @ matrix.T) > 0.6
    return {one: frozenset(ids[j] for j in near[i].indices) for i, one in enumerate(ids)}


def loss_of(
    left: torch.Tensor, right: torch.Tensor, ids: Sequence[str], same: dict[str, frozenset[str]], t: float
) -> torch.Tensor:
    """Return the symmetric softmax loss of a batch; rows of `left` and `right` belong together."""
    scores = left @ right.T / t
    mask = torch.tensor([[i != j and b in same[a] for j, b in enumerate(ids)] for i, a in enumerate(ids)])
    scores = scores.masked_fill(mask, -1e4)
    target = torch.arange(len(ids))
    return (functional.cross_entropy(scores, target) + functional.cross_entropy(scores.T, target)) / 2


def tried(encode: Encoder, every: dict[str, Topic], held: Sequence[Topic]) -> dict[str, float]:
    """Return nDCG@10 per kind of query against all topics, for topics that were not trained on."""
    ids = list(every)
    place = {one: i for i, one in enumerate(ids)}
    matrix = encode.all([PASSAGE + every[one].text for one in ids])
    matrix = matrix - matrix.mean(0)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    queries: dict[str, list[tuple[str, str]]] = {}
    for topic in held:
        for title, objective in topic.projects:
            kind, text = ("objective", f"{title}. {objective}") if objective else ("title", title)
            queries.setdefault(kind, []).append((text, topic.topic_id))
        for language, text in topic.interests.items():
            queries.setdefault(f"interest_{language}", []).append((text, topic.topic_id))
    figures = {}
    for kind, asked in sorted(queries.items()):
        rows = encode.all([QUERY + text for text, _ in asked])
        for name, used in (("", rows), (" centred", rows - rows.mean(0))):
            if kind in {"title", "objective"} and name:
                continue
            scores = used @ matrix.T
            wanted = np.array([place[topic] for _, topic in asked])
            rank = (scores > scores[np.arange(len(wanted)), wanted][:, None]).sum(1)
            figures[kind + name] = float(np.where(rank < 10, 1 / np.log2(rank + 2), 0).mean())
            if not name:
                figures[kind + " R@50"] = float((rank < 50).mean())
    return figures


def main() -> None:
    """Train, try, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--held-out", type=int, default=None, help="fold of topics to keep apart and try on")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--first", type=int, default=0, help="first of the twelve layers that is corrected")
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--scale", type=float, default=2.0)
    parser.add_argument("--rate", type=float, default=5e-4)
    parser.add_argument("--temperature", type=float, default=0.02)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--interests", type=Path, default=None)
    parser.add_argument("--kinds", default="{}", help='JSON, kind of pair to share of epochs, over {"project": 1}')
    args = parser.parse_args()
    kinds = {"project": 1.0} | json.loads(args.kinds)
    torch.manual_seed(args.seed)
    chance = random.Random(args.seed)
    every = topics() if args.interests is None else topics(interests=args.interests)
    own = [topic for topic in every.values() if topic.projects]
    held = [topic for topic in own if topic.fold == args.held_out]
    used = [topic for topic in own if topic.fold != args.held_out]
    same = sisters(every)
    folder = weights.unpacked_model(adapter=None)
    model = BertModel.from_pretrained(folder, add_pooling_layer=False)
    model.eval()
    loras = adapted(model, args.first, args.rank, args.scale)
    parameters = [p for lora in loras.values() for p in (lora.down, lora.up)]
    encode = Encoder(model, AutoTokenizer.from_pretrained(folder), args.length)
    per_epoch = len(list(batches(used, args.batch, random.Random(args.seed), kinds)))
    steps = max(args.epochs * per_epoch, 1)
    optimizer = torch.optim.AdamW(parameters, lr=args.rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.rate, total_steps=steps)
    print(f"{len(used)} topics to train on, {len(held)} to try on, about {steps} steps", flush=True)
    began, step = time.monotonic(), 0
    for epoch in range(args.epochs):
        for batch in batches(used, args.batch, chance, kinds):
            if step >= steps:
                break
            step += 1
            loss = loss_of(
                encode([a for a, _, _ in batch]),
                encode([b for _, b, _ in batch]),
                [one for _, _, one in batch],
                same,
                args.temperature,
            )
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            schedule.step()
            if step in {1, 5} or step % 10 == 0:
                print(
                    f"epoch {epoch + 1} step {step} loss {loss.item():.3f} {time.monotonic() - began:.0f} s", flush=True
                )
    args.out.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for name, lora in loras.items():
        tensors[f"{name}.down"] = lora.down.detach().to(torch.float16).contiguous()
        tensors[f"{name}.up"] = (lora.up.detach() * args.scale).to(torch.float16).contiguous()
    save_file(tensors, args.out / "adapter.safetensors")
    if held:
        print(json.dumps(tried(encode, every, held), indent=1), flush=True)


if __name__ == "__main__":
    main()
