"""Values of keras.layers.TextVectorization, StringLookup and Hashing and of keras.utils for the tests of kiln-data."""
import json, os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import keras

TEXTS = ["The cat sat on the mat.", "A dog, the DOG!", "Caf\u00e9 \u00c9t\u00e9   cat\tcat", "", "don't stop; [stop] it's-ok"]
NEW = ["the dog sat", "unknown words: cat cat cat", ""]

def rows(x):
    x = np.asarray(x)
    return {"shape": list(x.shape), "values": [float(f"{v:.7g}") for v in x.astype("float64").ravel()]}

cases = []
for options in [
    {}, {"standardize": "lower"}, {"standardize": "strip_punctuation"}, {"standardize": None},
    {"split": "character"}, {"split": None, "output_sequence_length": 1}, {"ngrams": 2}, {"ngrams": [2, 3]},
    {"max_tokens": 5}, {"output_sequence_length": 4}, {"output_sequence_length": 2},
    {"output_mode": "multi_hot"}, {"output_mode": "count"}, {"output_mode": "tf_idf"},
    {"output_mode": "tf_idf", "max_tokens": 30, "pad_to_max_tokens": True},
    {"output_mode": "count", "max_tokens": 6}, {"output_mode": "multi_hot", "ngrams": 2, "max_tokens": 9},
]:
    kw = dict(options)
    if isinstance(kw.get("ngrams"), list):
        kw["ngrams"] = tuple(kw["ngrams"])
    layer = keras.layers.TextVectorization(**kw)
    texts = np.array([[t] for t in TEXTS]) if kw.get("split", 0) is None else TEXTS
    new = np.array([[t] for t in NEW]) if kw.get("split", 0) is None else NEW
    layer.adapt(texts)
    cases.append({"options": options, "vocabulary": layer.get_vocabulary(),
                  "plain": layer.get_vocabulary(include_special_tokens=False), "output": rows(layer(new))})

lookups = []
WORDS = ["b", "a", "c", "b", "c", "b", "[UNK]", "d", ""]
ASK = ["a", "d", "zz", "b", "", "yy", "[UNK]"]
for options in [{}, {"mask_token": ""}, {"num_oov_indices": 0}, {"num_oov_indices": 3}, {"num_oov_indices": 3, "mask_token": "d"},
                {"oov_token": "?"}, {"max_tokens": 3}, {"output_mode": "one_hot"}, {"output_mode": "multi_hot"},
                {"output_mode": "count", "num_oov_indices": 2}, {"output_mode": "tf_idf"}, {"num_oov_indices": 5, "salt": [7, 9]}]:
    layer = keras.layers.StringLookup(**options)
    layer.adapt(WORDS)
    ask = [w for w in ASK if w in layer.get_vocabulary()] if options.get("num_oov_indices") == 0 else ASK
    lookups.append({"options": options, "vocabulary": layer.get_vocabulary(), "ask": ask, "output": rows(layer(ask))})

hashed = []
STRINGS = ["", "a", "ab", "abc", "hello world", "0123456789abcdef", "0123456789abcdefg", "x" * 31, "x" * 32, "y" * 33, "z" * 63, "w" * 64,
           "the quick brown fox jumps over the lazy dog and runs away from it all, far away", "q" * 200]
for options in [{"num_bins": 1000003}, {"num_bins": 7, "mask_value": ""}, {"num_bins": 1000003, "salt": 133}, {"num_bins": 97, "salt": [137, 12]}]:
    layer = keras.layers.Hashing(**options)
    hashed.append({"options": options, "output": rows(layer(np.array(STRINGS)))})
INTS = [0, 1, -5, 123456789]
hashed_ints = rows(keras.layers.Hashing(num_bins=1000)(np.array(INTS)))

sequences = []
for options in [{}, {"maxlen": 2}, {"padding": "post"}, {"maxlen": 2, "truncating": "post"}, {"maxlen": 5, "value": 9, "padding": "post"}]:
    sequences.append({"options": options, "output": rows(keras.utils.pad_sequences([[1], [2, 3], [4, 5, 6], []], **options))})

x = np.array([[3.0, -4.0, 0.0], [0.0, 0.0, 0.0], [1.0, 2.0, -2.0]])
norms = [{"axis": a, "order": o, "output": rows(keras.utils.normalize(x, axis=a, order=o))} for a in (-1, 0) for o in (1, 2, 3)]

series = []
data, targets = np.arange(20).reshape(20, 1), np.arange(20) * 10
for options in [{"sequence_length": 4}, {"sequence_length": 3, "sequence_stride": 2, "sampling_rate": 2, "batch_size": 4},
                {"sequence_length": 3, "start_index": 5, "end_index": 15, "batch_size": 3}]:
    batches = list(keras.utils.timeseries_dataset_from_array(data, targets, **options))
    series.append({"options": options, "x": rows(np.concatenate([np.asarray(b[0]) for b in batches])),
                   "y": rows(np.concatenate([np.asarray(b[1]) for b in batches])), "batches": [len(b[0]) for b in batches]})

out = {"texts": TEXTS, "new": NEW, "words": WORDS, "strings": STRINGS, "ints": INTS, "vectorization": cases, "lookup": lookups, "hashing": hashed,
       "hashed_ints": hashed_ints, "pad_sequences": sequences, "normalize": norms, "timeseries": series}
json.dump(out, open(sys.argv[1] if len(sys.argv) > 1 else "text.json", "w"), separators=(",", ":"), ensure_ascii=False)
