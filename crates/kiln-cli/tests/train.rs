//! Trains with the program, and in this process for comparison.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod place;

use kiln::prelude::*;
use place::Place;
use serde_json::Value;

const LOSS: &str = "--loss sparse_categorical_crossentropy --metrics accuracy";

/// A new network for the four numbers of a sample.
fn network() -> Sequential {
    let mut model = sequential![Dense::new(8).input_dim(4).activation("tanh"), Dense::new(3).activation("softmax")];
    model.build([4]).unwrap();
    model
}

/// A folder with a network, and its samples in every kind of file.
fn place(name: &str) -> Place {
    let place = Place::new(name);
    std::fs::write(place.file("net.json"), network().to_json().unwrap()).unwrap();
    let (x, y) = samples();
    let (rows, labels) = (x.to_vec::<f32>(), y.to_vec::<i32>());
    let lines = rows.chunks(4).zip(&labels).map(|(row, y)| format!("{},{},{y},{},{}\n", row[0], row[1], row[2], row[3]));
    std::fs::write(place.file("t.csv"), "a,b,\"kind, or class\",c,d\n".to_owned() + &lines.collect::<String>()).unwrap();
    let lines = rows.chunks(4).zip(&labels).map(|(row, y)| format!("{};{};{};{};{y}\n", row[0], row[1], row[2], row[3]));
    std::fs::write(place.file("plain.csv"), lines.collect::<String>()).unwrap();
    save_npy(place.file("x.npy"), &x).unwrap();
    save_npy(place.file("y.npy"), &y).unwrap();
    save_npz(place.file("t.npz"), &[("x", &x), ("y", &y)]).unwrap();
    save_npz(place.file("other.npz"), &[("x_train", &x), ("kind", &y)]).unwrap();
    place
}

fn samples() -> (Tensor, Tensor) {
    let number = |i: u32| ((i.wrapping_mul(2_654_435_761) >> 16) % 64) as f32 / 32.0 - 1.0;
    let x: Vec<f32> = (0..240).map(number).collect();
    let class = |row: &[f32]| i32::from(row[0] > 0.0) + i32::from(row[1] + row[2] > 0.0);
    let y: Vec<i32> = x.chunks(4).map(class).collect();
    (Tensor::from_vec(x, [60, 4]).unwrap(), Tensor::constant(y))
}

fn weights(path: std::path::PathBuf) -> Vec<Vec<f32>> {
    load_model(path).unwrap().get_weights().unwrap().iter().map(|w| w.to_vec()).collect()
}

#[test]
fn it_trains_as_the_library_does() {
    let place = place("train");
    set_random_seed(3);
    let mut model = model_from_json(&std::fs::read_to_string(place.file("net.json")).unwrap()).unwrap();
    model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"]).unwrap();
    model.set_learning_rate(0.1).unwrap();
    let (x, y) = samples();
    let options = Fit::new().epochs(4).batch_size(10).validation_split(0.2).verbose(0);
    let history = model.fit((&x, &y.clone().to_float().reshape([-1, 1]).unwrap()), options).unwrap();
    let expected: Vec<Vec<f32>> = model.get_weights().unwrap().iter().map(|w| w.to_vec()).collect();

    let options = format!("{LOSS} --epochs 4 --batch-size 10 --learning-rate 0.1 --validation-split 0.2 --seed 3 --force --json");
    std::fs::write(place.file("name.csv"), std::fs::read_to_string(place.file("t.csv")).unwrap().replace("\"kind, or class\"", "kind"))
        .unwrap();
    for data in [
        "name.csv --target kind",
        "t.csv --target 3",
        "plain.csv --delimiter ;",
        "t.npz",
        "other.npz --target kind",
        "x.npy y.npy",
        "t.npz y.npy",
    ] {
        let json = place.json(&format!("train net.json {data} {options} --log log.csv --out out.keras"));
        assert_eq!((&json["epochs"], &json["output"]), (&4.into(), &"out.keras".into()), "{data}");
        for name in ["loss", "accuracy", "val_loss", "val_accuracy"] {
            let numbers: Vec<f64> = serde_json::from_value(json["history"][name].clone()).unwrap();
            let near = numbers.iter().zip(history.get(name).unwrap()).all(|(a, b)| (a - b).abs() < 1e-12);
            assert!(near && numbers.len() == 4, "{data}: {name} {numbers:?}");
        }
        assert_eq!(weights(place.file("out.keras")), expected, "{data}");
        let log = std::fs::read_to_string(place.file("log.csv")).unwrap();
        assert!(log.starts_with("epoch,accuracy,loss,val_accuracy,val_loss") && log.lines().count() == 5, "{log}");
    }
    // The model that was saved is compiled: it goes on, with its own loss and optimizer.
    let (code, text, error) = place.run("train out.keras t.npz --epochs 2 --out more.keras --seed 1");
    assert!(
        code == 0 && text.starts_with("more.keras: ") && text.contains("loss ") && text.ends_with(" after 2 epochs\n"),
        "{text}{error}"
    );
    assert!(error.contains("Epoch 2/2"), "{error}");
    assert_ne!(weights(place.file("more.keras")), expected);
    // Another optimizer, and inputs that are divided.
    let other = place.json(&format!("train net.json t.npz {LOSS} --optimizer sgd --divide 2 --seed 3 --out sgd.keras --json"));
    assert_ne!(other["history"]["loss"][0].as_f64(), Some(history["loss"][0]));
}

#[test]
fn it_trains_on_folders_of_pictures() {
    let place = Place::new("pictures");
    for (class, bright) in [("dark", 40.0), ("light", 200.0)] {
        std::fs::create_dir_all(place.file("pets").join(class)).unwrap();
        for i in 0..8 {
            let picture = Tensor::full([6, 6, 1], bright + f64::from(i));
            kiln::plot::Image::new(&(picture / 255.0)).save(place.file("pets").join(class).join(format!("{i}.png"))).unwrap();
        }
    }
    for (outputs, loss) in [(1, "binary_crossentropy"), (2, "categorical_crossentropy"), (2, "sparse_categorical_crossentropy")] {
        let end = if outputs == 1 { "sigmoid" } else { "softmax" };
        let mut model = sequential![Flatten::new().input_shape([4, 4, 3]), Dense::new(outputs).activation(end)];
        model.build([4, 4, 3]).unwrap();
        std::fs::write(place.file("net.json"), model.to_json().unwrap()).unwrap();
        let line =
            format!("train net.json pets --divide 255 --loss {loss} --metrics accuracy --epochs 30 --batch-size 4 --learning-rate 0.05");
        let json = place.json(&format!("{line} --validation-split 0.25 --seed 2 --force --out out.keras --json"));
        let last = |name: &str| json["history"][name].as_array().unwrap().last().unwrap().as_f64().unwrap();
        assert_eq!((last("accuracy"), last("val_accuracy")), (1.0, 1.0), "{loss}: {json}");
    }
}

#[test]
fn mistakes_are_named() {
    let place = place("train-mistakes");
    std::fs::create_dir(place.file("empty")).unwrap();
    std::fs::write(place.file("there.keras"), "").unwrap();
    for (line, word) in [
        ("train net.json t.csv --out a.keras", "--loss"),
        ("train net.json t.csv --loss mse --out a.h5", "ends in `.keras`"),
        ("train net.json t.csv --loss mse --out there.keras", "--force"),
        ("train net.json t.csv --loss mse --log x.npy --out a.keras", "--force"),
        ("train net.json t.csv --loss mise --out a.keras", "mse"),
        ("train net.json t.csv --loss mse --optimizer adem --out a.keras", "adam"),
        ("train net.json t.csv --loss mse --target e --out a.keras", "unknown column `e`"),
        ("train net.json plain.csv --delimiter ; --loss mse --target 6 --out a.keras", "a number from 1 to 5"),
        ("train net.json t.csv --loss mse --target a,1 --out a.keras", "`1` twice"),
        ("train net.json t.csv --loss mse --target 1,2,3,4,5 --out a.keras", "all of them"),
        ("train net.json other.npz --loss mse --target kint --out a.keras", "did you mean `kind`"),
        ("train net.json other.npz --loss mse --out a.keras", "no array `y`"),
        ("train net.json x.npy --loss mse --target 9 --out a.keras", "a number from 1 to 4"),
        ("train net.json empty --loss mse --out a.keras", "a folder of pictures needs a model"),
        ("train net.json empty y.npy --loss mse --out a.keras", "say the classes"),
        ("train net.json t.npz --loss sparse_categorical_crossentropy --validation-split 1 --out a.keras", "validation_split"),
        ("train net.json t.npz --loss sparse_categorical_crossentropy --learning-rate -1 --out a.keras", "learning_rate"),
    ] {
        let (code, out, error) = place.run(line);
        assert!(code == 1 && out.is_empty() && error.starts_with("error: ") && error.contains(word), "{line}: {code} {error}");
        assert!(!place.file("a.keras").exists(), "{line}");
    }
    assert_eq!(place.run("train net.json t.csv --loss mse").0, 2);
    assert_eq!(place.run("train net.json t.csv --loss mse --epochs none --out a.keras").0, 2);
    let (code, _, error) = place.run("train net.json t.csv --out a.keras --json");
    let error: Value = serde_json::from_str(&error).unwrap();
    assert!(code == 1 && error["error"].as_str().unwrap().contains("not compiled"));
}
