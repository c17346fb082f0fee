//! A folder with a trained model and its data, in which the program is run.

#![allow(dead_code)]

use kiln::prelude::*;
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

pub(crate) struct Place(PathBuf);

impl Place {
    /// A folder with a trained model and its data.
    pub(crate) fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("kiln_cli_{}_{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        let place = Self(dir);
        set_random_seed(2);
        let mut model =
            sequential![Reshape::new([2, 2]).input_shape([2, 2, 1]), Flatten::new(), Dense::new(3).activation("softmax").name("label")];
        model.compile("sgd", "sparse_categorical_crossentropy", ["accuracy"]).unwrap();
        let (x, y) = place.data();
        model.fit((&x, &y), Fit::new().epochs(3).verbose(0)).unwrap();
        model.save(place.file("model.keras")).unwrap();
        save_csv(place.file("x.csv"), &(x.reshape([-1, 4]).unwrap() * 255.0)).unwrap();
        save_csv(place.file("y.csv"), &y).unwrap();
        let labels: Vec<u8> = y.to_vec();
        std::fs::write(place.file("y.idx"), [&[0, 0, 8, 1, 0, 0, 0, 6][..], &labels].concat()).unwrap();
        place
    }

    pub(crate) fn data(&self) -> (Tensor, Tensor) {
        (Tensor::linspace(0.0, 1.0, 24).reshape([6, 2, 2, 1]).unwrap(), Tensor::constant([0, 1, 2, 0, 1, 2]))
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The code, what was written and what was complained about.
    pub(crate) fn run(&self, line: &str) -> (i32, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_kiln")).args(line.split(' ')).current_dir(&self.0).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    pub(crate) fn json(&self, line: &str) -> Value {
        let (code, out, error) = self.run(line);
        assert_eq!((code, error.as_str()), (0, ""), "{line}");
        serde_json::from_str(&out).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
