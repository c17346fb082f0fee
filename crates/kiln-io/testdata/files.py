"""Writes kinds.h5 and kinds_latest.h5: every kind of HDF5 structure that the reader knows
(no more than 8 links in a group, which the newest format would put into a heap). Needs h5py and NumPy."""
import os
import h5py
import numpy as np

here = os.path.dirname(os.path.abspath(__file__))
values = (np.arange(35, dtype="float32") / 4).reshape(5, 7)
for name, versions in (("kinds.h5", ("earliest", "v108")), ("kinds_latest.h5", ("latest", "latest"))):
    with h5py.File(os.path.join(here, name), "w", libver=versions) as f:
        f["kinds/plain"] = values
        f["kinds/half"] = values.astype("float16")
        f["kinds/double"] = values.astype("float64")
        f["kinds/big"] = values.astype(">f4")
        f["scalar"] = np.float32(2.5)
        f["empty"] = np.zeros((0, 3), "float32")
        f["small"] = np.array([-3, 0, 5], "int16")
        f.create_dataset("chunked", data=values, chunks=(2, 3))
        f.create_dataset("gzip", data=values, chunks=(3, 2), compression="gzip", fletcher32=True)
        f.create_dataset("shuffled", data=values, chunks=(3, 7), compression="gzip", shuffle=True)
        f.attrs["one"] = "ein W\u00f6rtchen"
        f.attrs["fixed"] = np.array([b"kernel:0", b"bias:0"])
        f.attrs["any"] = ["a", "", "cc"]
