//! Damaged files of every kind: an error or a model, never a panic, and no more memory than the file is worth.

use crate::hdf5::File;
use crate::save::from_bytes;
use crate::tests::fixture;
use crate::{Limits, Load, SaveModel, archive, load_model, model_from_json_with, pytorch, safetensors, weights};
use kiln_core::Layer;
use kiln_layers::{Bidirectional, Dense, Embedding, Gru, Input, LayerNormalization};
use kiln_models::sequential;
use std::path::Path;

#[path = "../testdata/dice.rs"]
mod dice;
use dice::{Dice, rounds};

impl Dice {
    /// Text with numbers and words exchanged, so that it stays JSON for most of the time.
    fn confuse(&mut self, text: &str) -> String {
        const WORDS: [&str; 12] =
            ["0", "-1", "1", "18446744073709551615", "1099511627775", "1e308", "null", "true", "\"\"", "[]", "{}", "2147483647"];
        let values: Vec<(usize, usize)> = {
            let bytes = text.as_bytes();
            let is_end = |b: u8| matches!(b, b',' | b'}' | b']');
            let starts =
                (1..bytes.len()).filter(|i| matches!(bytes[i - 1], b':' | b'[' | b' ') && !matches!(bytes[*i], b'{' | b'[' | b' '));
            starts.filter_map(|i| bytes[i..].iter().position(|b| is_end(*b)).map(|n| (i, i + n))).collect()
        };
        let mut out = text.to_owned();
        // From behind, so that places stay right.
        let mut chosen: Vec<usize> = (0..1 + self.below(2)).map(|_| self.below(values.len())).collect();
        chosen.sort_unstable();
        chosen.dedup();
        for place in chosen.into_iter().rev() {
            let (from, to) = values[place];
            out.replace_range(from..to, WORDS[self.below(WORDS.len())]);
        }
        out
    }
}

fn load() -> Load {
    // Small enough to be made for each attempt.
    Load::new().limits(Limits { weights: 1 << 20, ..Limits::default() })
}

const FILES: [&str; 8] =
    ["seq.keras", "nested.keras", "mha.keras", "func.keras", "cnn.keras", "recurrent.keras", "two_inputs.keras", "mlp.keras"];

#[test]
fn damaged_archives() {
    let mut dice = Dice(1);
    for name in FILES {
        let bytes = std::fs::read(fixture(name)).unwrap();
        for _ in 0..rounds(60) {
            let _ = from_bytes(Path::new(name), dice.damage(&bytes), &load());
        }
    }
}

#[test]
fn damaged_descriptions() {
    let mut dice = Dice(2);
    let (mut read, mut refused) = (0, 0);
    for name in FILES {
        let bytes = std::fs::read(fixture(name)).unwrap();
        let parts = archive::open(Path::new(name), &bytes, &Limits::default()).unwrap();
        let (config, weights) = (String::from_utf8(parts.config).unwrap(), parts.weights.unwrap());
        for i in 0..rounds(150) {
            let text = if i % 3 == 0 { dice.damage(config.as_bytes()) } else { dice.confuse(&config).into_bytes() };
            let packed = archive::pack(&[("config.json", &text), ("model.weights.h5", &weights)]).unwrap();
            match from_bytes(Path::new(name), packed, &load()) {
                Ok(_) => read += 1,
                Err(error) => {
                    refused += 1;
                    assert!(error.to_string().starts_with(name), "{error}");
                }
            }
            if let Ok(text) = String::from_utf8(text) {
                let _ = model_from_json_with(&text, &load());
            }
        }
    }
    assert!(read > 50 && refused > 200, "{read} read, {refused} refused");
}

#[test]
fn damaged_weights() {
    let mut dice = Dice(3);
    let model = load_model(fixture("seq.keras")).unwrap();
    for name in ["seq.weights.h5", "seq.h5", "old.h5", "kinds.h5", "kinds_latest.h5"] {
        let bytes = std::fs::read(fixture(name)).unwrap();
        for i in 0..rounds(400) {
            // The structures stand before the numbers, for the most part.
            let head = bytes.len().min(4096);
            let damaged = match i % 2 {
                0 => [dice.damage(&bytes[..head]), bytes[head..].to_vec()].concat(),
                _ => dice.damage(&bytes),
            };
            if let Ok(file) = File::parse(damaged.clone()) {
                let _ = weights::read(&file, &model, true);
                for path in ["chunked", "gzip", "shuffled", "kinds/big", "empty", "small"] {
                    if let Ok(Some(Ok(Some(data)))) = file.root().find(path).map(|g| g.map(|g| g.dataset())) {
                        let _ = data.floats(1 << 20);
                    }
                }
                for attribute in ["one", "fixed", "any"] {
                    let _ = file.root().split_texts(attribute);
                }
            }
            let _ = from_bytes(Path::new(name), damaged, &load());
        }
    }
}

#[test]
fn damaged_safetensors() {
    let mut dice = Dice(4);
    let model = sequential![Dense::new(3).input_dim(4), Dense::new(2)].built().unwrap().into_owned();
    let bytes = safetensors::write(&model).unwrap();
    for _ in 0..rounds(1000) {
        let _ = safetensors::read(&dice.damage(&bytes), &model);
    }
}

#[test]
fn damaged_pytorch_files() {
    let mut dice = Dice(5);
    let gru = Bidirectional::new(Gru::new(3));
    let gru = sequential![Input::new([5]), Embedding::new(9, 4), gru, LayerNormalization::new(), Dense::new(2)];
    let mlp = sequential![Input::new([4]), Dense::new(5).activation("tanh"), Dense::new(3)];
    let (mlp, gru) = (mlp.built().unwrap().into_owned(), gru.built().unwrap().into_owned());
    let (mut read, mut refused) = (0, 0);
    for name in ["mlp", "mlp_old", "mlp_checkpoint", "mlp_strided", "gru"] {
        let bytes = std::fs::read(fixture("pytorch").join(format!("{name}.pt"))).unwrap();
        for i in 0..rounds(400) {
            // The pickle stands near the beginning.
            let head = bytes.len().min(1200);
            let damaged = match i % 2 {
                0 => [dice.damage(&bytes[..head]), bytes[head..].to_vec()].concat(),
                _ => dice.damage(&bytes),
            };
            let model = if name == "gru" { &gru } else { &mlp };
            match pytorch::state(Path::new(name), &damaged, model, &pytorch::Names::new()) {
                Ok(_) => read += 1,
                Err(error) => {
                    refused += 1;
                    assert!(error.to_string().starts_with(name), "{error}");
                }
            }
        }
    }
    assert!(read > 50 && refused > 200, "{read} read, {refused} refused");
}

#[test]
fn damaged_pickles() {
    let mut dice = Dice(6);
    let bytes = std::fs::read(fixture("pytorch").join("mlp_checkpoint.pt")).unwrap();
    let pickle = pytorch::description(&bytes, &Limits::default()).unwrap();
    for _ in 0..rounds(4000) {
        // Without the archive's checksum, which finds most damage.
        pytorch::read_pickle(&dice.damage(&pickle));
    }
}

#[test]
fn bombs_and_foreign_files() {
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    zip.start_file("config.json", options).unwrap();
    zip.write_all(&vec![b' '; 80 << 20]).unwrap();
    let bomb = zip.finish().unwrap().into_inner();
    let error = from_bytes(Path::new("bomb.keras"), bomb, &Load::new()).unwrap_err().to_string();
    assert!(error.starts_with("bomb.keras: `config.json`: 83886080 bytes, more than the limit of"), "{error}");

    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(model_from_json_with(&deep, &Load::new()).unwrap_err().to_string().contains("recursion limit"));

    for (bytes, expected) in [
        (&b"\x89PNG\r\n\x1a\n"[..], "x: neither a `.keras` archive nor HDF5"),
        (b"", "x: neither a `.keras` archive nor HDF5"),
        (b"\x89HDF\r\n\x1a\n\x07", "x: HDF5 superblock version 7, which is newer than 3"),
        (b"\x89HDF\r\n\x1a\n", "x: the file ends within a structure at byte 8"),
    ] {
        assert_eq!(from_bytes(Path::new("x"), bytes.to_vec(), &Load::new()).unwrap_err().to_string(), expected);
    }
    let empty = archive::pack(&[("readme.txt", b"hello")]).unwrap();
    let error = from_bytes(Path::new("x"), empty, &Load::new()).unwrap_err().to_string();
    assert_eq!(error, "x: there is no `config.json` in the archive; is it a model of Keras?");
    let whole = load_model(fixture("mlp.keras")).unwrap();
    let without = archive::pack(&[("config.json", whole.to_json().unwrap().as_bytes())]).unwrap();
    let error = from_bytes(Path::new("x"), without, &Load::new()).unwrap_err().to_string();
    assert_eq!(error, "x: there is no `model.weights.h5` in the archive");
}
