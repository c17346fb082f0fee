"""The course's first program in Keras: from four CSV files to a test accuracy; or `first-step`, one step on a batch of zeros.

    KERAS_BACKEND=tensorflow python keras_course.py FOLDER
"""
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy as np


def network():
    model = keras.Sequential([keras.layers.Dense(n, activation="relu") for n in (64, 128, 256)] + [keras.layers.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def course(folder):
    read = lambda name: np.loadtxt(f"{folder}/{name}.csv", delimiter=",", dtype="float32")
    x_train, y_train, x_test, y_test = (read(name) for name in ("train_images", "train_labels", "test_images", "test_labels"))
    x_train, x_test = x_train / 255, x_test / 255
    model = network()
    model.fit(x_train, y_train, epochs=10, verbose=0)
    loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"test accuracy: {accuracy:.4f}")
    print("image 7 is", model.predict(x_test, verbose=0)[7].argmax())


if sys.argv[1] == "first-step":
    network().train_on_batch(np.zeros((32, 784), "float32"), np.zeros(32, "int32"))
else:
    course(sys.argv[1])
