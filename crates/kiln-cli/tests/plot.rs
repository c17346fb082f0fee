//! Draws models and histories with the program.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod place;

use place::Place;

#[test]
fn models_are_drawn() {
    let place = Place::new("plot");
    let read = |name: &str| std::fs::read_to_string(place.file(name)).unwrap();
    assert_eq!(place.run("plot model.keras a.svg"), (0, "a.svg: 3 layers\n".to_owned(), String::new()));
    assert!(read("a.svg").starts_with("<svg") && read("a.svg").contains("label (Dense)"));
    assert_eq!(place.json("plot model.keras a.png --json"), serde_json::json!({ "output": "a.png", "layers": 3 }));
    assert!(std::fs::read(place.file("a.png")).unwrap().starts_with(b"\x89PNG"));
    assert_eq!(place.run("plot model.keras a.mmd").0, 0);
    assert!(read("a.mmd").starts_with("flowchart TD\n") && read("a.mmd").contains("label (Dense)"));
    assert_eq!(place.run("plot model.keras a.dot").0, 0);
    assert!(read("a.dot").starts_with("digraph"));
}

#[test]
fn histories_are_drawn() {
    let place = Place::new("curves");
    let log = "epoch,accuracy,loss,val_accuracy,val_loss\r\n0,0.5,1.0,NA,NA\r\n1,0.75,0.5,0.5,0.75\r\n";
    std::fs::write(place.file("log.csv"), log).unwrap();
    let json = place.json("plot log.csv log.svg --json");
    assert_eq!(json, serde_json::json!({ "output": "log.svg", "names": ["accuracy", "loss", "val_accuracy", "val_loss"], "epochs": 2 }));
    let svg = std::fs::read_to_string(place.file("log.svg")).unwrap();
    for word in ["accuracy", "loss", "training", "validation", "epoch"] {
        assert!(svg.contains(word), "{word}");
    }
    assert_eq!(place.run("plot log.csv log.png").1, "log.png: accuracy, loss, val_accuracy, val_loss of 2 epochs\n");
    assert!(std::fs::read(place.file("log.png")).unwrap().starts_with(b"\x89PNG"));
}

#[test]
fn mistakes_are_named() {
    let place = Place::new("plot-mistakes");
    std::fs::write(place.file("ragged.csv"), "epoch,loss\n0,1\n1\n").unwrap();
    std::fs::write(place.file("word.csv"), "epoch,loss\n0,low\n").unwrap();
    std::fs::write(place.file("nothing.csv"), "epoch\n0\n").unwrap();
    std::fs::write(place.file("empty.csv"), "").unwrap();
    std::fs::write(place.file("there.svg"), "").unwrap();
    for (line, word) in [
        ("plot none.keras a.svg", "none.keras"),
        ("plot model.keras a.gif", "svg"),
        ("plot model.keras there.svg", "--force"),
        ("plot x.csv a.svg", "line 1: expected the names of the columns"),
        ("plot ragged.csv a.svg", "line 3: expected 2 cells as in line 1, received 1"),
        ("plot word.csv a.svg", "line 2, column 2: expected a number or `NA`, received `low`"),
        ("plot nothing.csv a.svg", "no numbers to draw"),
        ("plot empty.csv a.svg", "is empty"),
    ] {
        let (code, out, error) = place.run(line);
        assert!(code == 1 && out.is_empty() && error.contains(word), "{line}: {code} {error}");
    }
    assert_eq!(place.run("plot model.keras there.svg --force").0, 0);
    assert_eq!(place.run("plot model.keras").0, 2);
}
