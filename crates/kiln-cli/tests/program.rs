//! Runs the program as people and scripts do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod place;

use kiln::prelude::*;
use place::Place;
use serde_json::Value;

#[test]
fn summary_shows_the_layers() {
    let place = Place::new("summary");
    let (code, text, _) = place.run("summary model.keras");
    assert!(code == 0 && text.contains("label (Dense)") && text.contains("15"), "{text}");
    let json = place.json("summary model.keras --json");
    assert_eq!((&json["layers"][2]["params"], &json["trainable_params"]), (&15.into(), &15.into()));
}

#[test]
fn predictions_are_those_of_the_model() {
    let place = Place::new("predict");
    let mut model = load_model(place.file("model.keras")).unwrap();
    let expected = model.predict(&place.data().0).unwrap();
    let (code, text, error) = place.run("predict model.keras x.csv --divide 255");
    assert_eq!(code, 0, "{error}");
    let lines: Vec<Vec<f32>> = text.lines().map(|line| line.split(',').map(|v| v.parse().unwrap()).collect()).collect();
    let near = lines.concat().iter().zip(expected.to_vec::<f32>()).all(|(a, b)| (a - b).abs() < 1e-5);
    assert!(near && lines.len() == 6 && lines[0].len() == 3, "{text}");
    let classes = expected.argmax(-1).unwrap().to_vec::<i64>();
    let (_, text, _) = place.run("predict model.keras x.csv --divide 255 --classes --batch-size 4");
    assert_eq!(text.lines().map(|line| line.parse::<i64>().unwrap()).collect::<Vec<_>>(), classes);
    let json = place.json("predict model.keras x.csv --divide 255 --classes --json");
    assert_eq!(json, serde_json::json!({ "outputs": { "label": classes } }));
    assert_ne!(place.run("predict model.keras x.csv").1, place.run("predict model.keras x.csv --divide 255").1);
    let json = place.json("predict model.keras x.csv --output p.csv --json --divide 255");
    assert_eq!((&json["output"], &json["shapes"][0]), (&"p.csv".into(), &serde_json::json!([6, 3])));
    assert!(std::fs::read_to_string(place.file("p.csv")).unwrap().starts_with("{\"outputs\""));
    save_npy(place.file("x.npy"), &place.data().0).unwrap();
    assert_eq!(place.run("predict model.keras x.npy --output p.npy"), (0, String::new(), String::new()));
    assert_eq!(load_npy(place.file("p.npy")).unwrap().to_vec::<f32>(), expected.to_vec::<f32>());
    std::fs::write(place.file("s.csv"), "0.1;0.2;0.3;0.4\n").unwrap();
    assert_eq!(place.run("predict model.keras s.csv --delimiter ;").0, 0);
    let (code, _, error) = place.run("predict model.keras s.csv --delimiter ; --header true");
    assert!(code == 1 && error.contains("header"), "{error}");
}

#[test]
fn scores_are_those_of_the_model() {
    let place = Place::new("evaluate");
    let mut model = load_model(place.file("model.keras")).unwrap();
    let (x, y) = place.data();
    let scores = model.evaluate((&x, &y)).unwrap();
    for labels in ["y.csv", "y.idx"] {
        let json = place.json(&format!("evaluate model.keras x.csv {labels} --divide 255 --json"));
        assert!((json["loss"].as_f64().unwrap() - scores.loss).abs() < 1e-5);
        assert_eq!(json["accuracy"].as_f64(), Some(scores["accuracy"]));
    }
    let (_, text, _) = place.run("evaluate model.keras x.csv y.csv --divide 255");
    assert!(text.starts_with("loss: ") && text.contains("accuracy: "), "{text}");
    let json = place.json("evaluate model.keras x.csv y.csv --loss sparse_categorical_crossentropy --metrics acc --divide 255 --json");
    assert_eq!(json.as_object().unwrap().keys().collect::<Vec<_>>(), ["acc", "loss"]);
}

#[test]
fn models_become_other_files_and_come_back() {
    let place = Place::new("convert");
    assert_eq!(place.run("convert model.keras w.safetensors").0, 0);
    assert_eq!(place.run("convert model.keras w.weights.h5").0, 0);
    let (code, text, _) = place.run("convert model.keras m.json");
    assert_eq!((code, text.as_str()), (0, "m.json: 15 parameters\n"));
    let expected = place.run("predict model.keras x.csv").1;
    for weights in ["w.safetensors", "w.weights.h5", "model.keras"] {
        assert_eq!(place.run(&format!("predict m.json x.csv --weights {weights}")).1, expected, "{weights}");
    }
    assert_eq!(place.json("convert m.json again.keras --weights w.safetensors --json")["params"], 15);
    assert_eq!(place.run("predict again.keras x.csv").1, expected);
    let (code, _, error) = place.run("convert m.json again.keras");
    assert!(code == 1 && error.contains("--force"), "{error}");
    assert_eq!(place.run("convert m.json again.keras --force").0, 0);
    assert_ne!(place.run("predict again.keras x.csv").1, expected);
}

#[test]
fn mistakes_have_their_codes() {
    let place = Place::new("mistakes");
    assert_eq!(place.run("summary").0, 2);
    assert_eq!(place.run("sumary model.keras").0, 2);
    assert_eq!((place.run("--help").0, place.run("--version").0), (0, 0));
    for (line, word) in [
        ("summary none.keras", "none.keras"),
        ("summary x.csv", "x.csv"),
        ("predict model.keras y.csv", "shape"),
        ("predict model.keras x.csv x.csv", "one for each input"),
        ("predict model.keras x.csv --divide 0", "divide"),
        ("evaluate model.keras x.csv x.csv", "labels"),
        ("evaluate model.keras x.csv y.csv --loss mise", "mse"),
        ("convert model.keras model.onnx", "says the format"),
        ("summary w.safetensors", "--weights"),
    ] {
        let (code, out, error) = place.run(line);
        assert!(code == 1 && out.is_empty() && error.starts_with("error: ") && error.contains(word), "{line}: {code} {error}");
    }
    let (code, _, error) = place.run("summary none.keras --json");
    let error: Value = serde_json::from_str(&error).unwrap();
    assert!(code == 1 && error["error"].as_str().unwrap().contains("none.keras"));
}
