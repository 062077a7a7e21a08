"""Trains the adapter of the bundled model: low-rank corrections of its layers, from texts that belong together.

    python training/adapter.py --held-out 0 --out FOLDER      # trained on three folds of topics, tried on the fourth
    python training/adapter.py --out FOLDER                   # trained on every topic: what is shipped

LoRA (Hu et al. 2021, arXiv 2106.09685) on query, key, value, attention output and both feed-forward layers; symmetric
in-batch softmax (InfoNCE) over cosines. Texts of the same topic, or of one with nearly the same title, are no negatives
of each other. Translations make batches of their own: beside topics they would be told apart by their kind alone.
"""

import argparse
import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import torch
from data import Sentence, Topic, sentences, topics
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional
from transformers import AutoTokenizer, BertModel

from hame_match.match import weights
from hame_match.match.gloss import gloss
from hame_match.match.letter_case import plain_case

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
KINDS = {
    "project": 1.0,
    "interest_fi": 0.5,
    "interest_en": 0.3,
    "interest_sv": 0.4,
    "interest_gloss": 0.3,
    "title_fi": 0.2,
    "objective_fi": 0.2,
    "translation_fi": 0.3,
    "translation_sv": 0.3,
    "sentence_fi": 0.7,
    "sentence_sv": 0.7,
    "sentence_gloss": 0.3,
}
"""In what share of the epochs a pair of a kind takes part."""
TITLE_ALONE = 0.3
"""Share of the projects with an objective that are taken by their title alone."""


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


def adapted(model: BertModel, rank: int, scale: float) -> dict[str, LoraLinear]:
    """Freeze `model`, put a correction beside each linear layer, return them by layer name."""
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    found = {}
    for number, layer in enumerate(model.encoder.layer):
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
            [plain_case(text) for text in texts],
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


class Pairs:
    """Draws the pairs of an epoch: each kind in its share of the epochs.

    Args:
        topics: the topics to train on.
        sentences: in two or three languages.
        kinds: see `KINDS`; one that is missing takes no part.
        chance: what is drawn with.
    """

    def __init__(
        self, topics: Sequence[Topic], sentences: Sequence[Sentence], kinds: dict[str, float], chance: random.Random
    ) -> None:
        self.topics, self.sentences, self.kinds, self.chance = topics, sentences, kinds, chance

    def batches(self, size: int) -> list[list[Pair]]:
        """Return the batches of one epoch in the order of training."""
        parts = ([pair for topic in self.topics for pair in self._of_topic(topic)], list(self._translations()))
        found = []
        for pairs in parts:
            self.chance.shuffle(pairs)
            found += [pairs[start : start + size] for start in range(0, len(pairs), size)]
        self.chance.shuffle(found)
        return [batch for batch in found if len(batch) > 1]

    def _of_topic(self, topic: Topic) -> Iterator[Pair]:
        passage = PASSAGE + topic.text
        objectives = [f"{title}. {objective}" for title, objective in topic.projects if objective]
        for title, objective in topic.projects:
            short = not objective or self.chance.random() < TITLE_ALONE
            if self._drawn("project"):
                yield QUERY + (title if short else f"{title}. {objective}"), passage, topic.topic_id
        for language, text in (*topic.interests.items(), ("gloss", _gloss(topic.interests.get("fi", "")))):
            if text and self._drawn(f"interest_{language}"):
                yield QUERY + text, passage, topic.topic_id
            if text and objectives and self._drawn(f"objective_{language}"):
                yield QUERY + text, PASSAGE + self.chance.choice(objectives), topic.topic_id
        if topic.title_fi and self._drawn("title_fi"):
            yield QUERY + topic.title_fi, passage, topic.topic_id

    def _translations(self) -> Iterator[Pair]:
        for topic in self.topics:
            for language in ("fi", "sv"):
                if topic.interests.get(language) and self._drawn(f"translation_{language}"):
                    yield QUERY + topic.interests[language], QUERY + topic.interests["en"], topic.topic_id
        for number, sentence in enumerate(self.sentences):
            english = self.chance.choice((QUERY, PASSAGE)) + sentence.en
            for kind, text in (("fi", sentence.fi), ("sv", sentence.sv), ("gloss", _gloss(sentence.fi))):
                if text and self._drawn(f"sentence_{kind}"):
                    yield QUERY + text, english, f"sentence {number}"

    def _drawn(self, kind: str) -> bool:
        return self.chance.random() < self.kinds.get(kind, 0.0)


@cache
def _gloss(finnish: str) -> str:
    return gloss(finnish, "fi").english if finnish else ""


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
    mask = torch.tensor(
        [[i != j and (a == b or b in same.get(a, ())) for j, b in enumerate(ids)] for i, a in enumerate(ids)]
    )
    scores = scores.masked_fill(mask, -1e4)
    target = torch.arange(len(ids))
    return (functional.cross_entropy(scores, target) + functional.cross_entropy(scores.T, target)) / 2


def train(
    encode: Encoder,
    epochs: Sequence[Sequence[list[Pair]]],
    parameters: Sequence[nn.Parameter],
    same: dict[str, frozenset[str]],
    args: argparse.Namespace,
) -> None:
    """Fit `parameters` to the batches of the epochs, one cycle of the rate over all of them."""
    optimizer = torch.optim.AdamW(parameters, lr=args.rate, weight_decay=0.01)
    steps = sum(map(len, epochs))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.rate, total_steps=max(steps, 2))
    began, losses = time.monotonic(), []
    for step, batch in enumerate(chain.from_iterable(epochs), start=1):
        left, right = encode([one for one, _, _ in batch]), encode([other for _, other, _ in batch])
        loss = loss_of(left, right, [topic for _, _, topic in batch], same, args.temperature)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        if step % 20 == 0:
            mean = float(np.mean(losses[-20:]))
            print(f"step {step} of {steps}, loss {mean:.3f}, {time.monotonic() - began:.0f} s", flush=True)


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
        for language, text in (*topic.interests.items(), ("gloss", _gloss(topic.interests.get("fi", "")))):
            if text:
                queries.setdefault(f"interest_{language}", []).append((text, topic.topic_id))
    figures = {}
    for kind, asked in sorted(queries.items()):
        rows = encode.all([QUERY + text for text, _ in asked])
        for name, used in (("", rows), (" centred", rows - rows.mean(0))):
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
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--scale", type=float, default=2.0)
    parser.add_argument("--rate", type=float, default=5e-4)
    parser.add_argument("--temperature", type=float, default=0.02)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--kinds", default="{}", help="JSON, kind of pair to share of epochs, over those of KINDS")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    every = topics()
    own = [topic for topic in every.values() if topic.projects]
    held = [topic for topic in own if topic.fold == args.held_out]
    used = [topic for topic in own if topic.fold != args.held_out]
    same = sisters(every)
    folder = weights.unpacked_model(adapter=None)
    model = BertModel.from_pretrained(folder, add_pooling_layer=False)
    model.eval()
    loras = adapted(model, args.rank, args.scale)
    parameters = [p for lora in loras.values() for p in (lora.down, lora.up)]
    encode = Encoder(model, AutoTokenizer.from_pretrained(folder), args.length)
    pairs = Pairs(used, sentences(), KINDS | json.loads(args.kinds), random.Random(args.seed))
    epochs = [pairs.batches(args.batch) for _ in range(args.epochs)]
    steps = sum(map(len, epochs))
    print(f"{len(used)} topics to train on, {len(held)} to try on, {steps} steps", flush=True)
    if steps:
        train(encode, epochs, parameters, same, args)
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
