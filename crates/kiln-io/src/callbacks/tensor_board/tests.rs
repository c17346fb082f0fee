//! Reads the records back with a parser that shares nothing with the writer.

use super::*;
use kiln_core::Layer;
use kiln_layers::{BatchNormalization, Conv2d, Dense, Flatten};
use kiln_models::{Sequential, sequential};
use kiln_train::Fit;
use std::collections::BTreeMap;

/// Bit by bit, with the polynomial as RFC 3720 has it.
fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = !0u32;
    for byte in bytes {
        for bit in 0..8 {
            let carry = (crc ^ u32::from(byte >> bit)) & 1;
            crc = (crc >> 1) ^ if carry == 1 { 0x82F63B78 } else { 0 };
        }
    }
    let crc = !crc;
    crc.rotate_right(15).wrapping_add(0xa282ead8)
}

/// The fields of a message: number and bytes; whole numbers and doubles as 8 bytes.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let varint = |bytes: &mut &[u8]| {
        let mut value = 0u64;
        for shift in (0..).step_by(7) {
            let byte = bytes[0];
            *bytes = &bytes[1..];
            value |= u64::from(byte & 127) << shift;
            if byte < 128 {
                break;
            }
        }
        value
    };
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let content = match key & 7 {
            0 => varint(&mut bytes).to_le_bytes().to_vec(),
            1 => {
                let (head, tail) = bytes.split_at(8);
                bytes = tail;
                head.to_vec()
            }
            2 => {
                let length = varint(&mut bytes) as usize;
                let (head, tail) = bytes.split_at(length);
                bytes = tail;
                head.to_vec()
            }
            other => panic!("wire type {other}"),
        };
        all.push((key >> 3, content));
    }
    all
}

fn field(bytes: &[u8], number: u64) -> Vec<u8> {
    fields(bytes).into_iter().find(|(n, _)| *n == number).map_or(Vec::new(), |(_, content)| content)
}

fn whole(bytes: &[u8]) -> u64 {
    bytes.try_into().map_or(0, u64::from_le_bytes)
}

#[derive(Debug)]
struct Value {
    step: u64,
    plugin: String,
    class: u64,
    dtype: u64,
    shape: Vec<u64>,
    tensor: Vec<u8>,
}

impl Value {
    fn float(&self) -> f32 {
        f32::from_le_bytes(field(&self.tensor, 5).try_into().unwrap())
    }
    fn strings(&self) -> Vec<Vec<u8>> {
        fields(&self.tensor).into_iter().filter(|(n, _)| *n == 8).map(|(_, content)| content).collect()
    }
}

/// All values of the only file in a folder, by their tags.
fn read(folder: &Path) -> BTreeMap<String, Vec<Value>> {
    let files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    assert!(files[0].file_name().unwrap().to_str().unwrap().starts_with("events.out.tfevents."));
    let file = std::fs::read(&files[0]).unwrap();
    let (mut bytes, mut all, mut first) = (&file[..], BTreeMap::<String, Vec<Value>>::new(), true);
    while !bytes.is_empty() {
        let length = whole(&bytes[..8]) as usize;
        assert_eq!(bytes[8..12], checksum(&bytes[..8]).to_le_bytes());
        let event = &bytes[12..12 + length];
        assert_eq!(bytes[12 + length..16 + length], checksum(event).to_le_bytes());
        bytes = &bytes[16 + length..];
        assert!(f64::from_le_bytes(field(event, 1).try_into().unwrap()) > 1.7e9);
        assert_eq!(field(event, 3), if first { b"brain.Event:2".to_vec() } else { Vec::new() });
        for (_, value) in fields(&field(event, 5)).into_iter().filter(|_| !first) {
            let (metadata, tensor) = (field(&value, 9), field(&value, 8));
            let dims = fields(&field(&tensor, 2)).into_iter().map(|(_, dim)| whole(&field(&dim, 1))).collect();
            let value = (
                String::from_utf8(field(&value, 1)).unwrap(),
                Value {
                    step: whole(&field(event, 2)),
                    plugin: String::from_utf8(field(&field(&metadata, 1), 1)).unwrap(),
                    class: whole(&field(&metadata, 4)),
                    dtype: whole(&field(&tensor, 1)),
                    shape: dims,
                    tensor,
                },
            );
            all.entry(value.0).or_default().push(value.1);
        }
        first = false;
    }
    all
}

fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("kiln_tensorboard_{}_{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    path
}

fn model() -> Sequential {
    let mut model = sequential![
        Conv2d::new(3, 2).input_shape([3, 3, 1]).name("conv"),
        BatchNormalization::new().name("norm"),
        Flatten::new(),
        Dense::new(1).name("dense")
    ];
    model.compile("sgd", "mse", ["mae"]).unwrap();
    model
}

/// The tags of `train` and of `validation` after two epochs of two steps.
fn tags(name: &str, change: impl Fn(TensorBoard) -> TensorBoard) -> (Vec<String>, Vec<String>) {
    let path = folder(name);
    let (x, y) = (Tensor::random_uniform([8, 3, 3, 1], 0.0, 1.0), Tensor::zeros([8, 1]));
    let options = Fit::new().epochs(2).batch_size(4).verbose(0).validation_data((&x, &y));
    model().fit((&x, &y), options.callback(change(TensorBoard::new(&path)))).unwrap();
    let of = |folder: &str| read(&path.join(folder)).into_keys().collect();
    let both = (of("train"), of("validation"));
    std::fs::remove_dir_all(path).unwrap();
    both
}

#[test]
fn scalars_are_named_as_keras_names_them() {
    let path = folder("scalars");
    let (x, y) = (Tensor::random_uniform([8, 3, 3, 1], 0.0, 1.0), Tensor::zeros([8, 1]));
    let options = Fit::new().epochs(2).batch_size(4).verbose(0).validation_data((&x, &y));
    let history = model().fit((&x, &y), options.callback(TensorBoard::new(&path))).unwrap();
    let (train, validation) = (read(&path.join("train")), read(&path.join("validation")));
    let names: Vec<&str> = train.keys().map(String::as_str).collect();
    assert_eq!(names, ["epoch_learning_rate", "epoch_loss", "epoch_mae", "keras"]);
    let names: Vec<&str> = validation.keys().map(String::as_str).collect();
    assert_eq!(names, ["epoch_loss", "epoch_mae", "evaluation_loss_vs_iterations", "evaluation_mae_vs_iterations"]);
    let read = |values: &[Value]| values.iter().map(|v| (v.step, v.float())).collect::<Vec<_>>();
    let expected = |name: &str, steps: [u64; 2]| steps.into_iter().zip(history[name].iter().map(|v| *v as f32)).collect::<Vec<_>>();
    assert_eq!(read(&train["epoch_loss"]), expected("loss", [0, 1]));
    assert_eq!(read(&validation["epoch_mae"]), expected("val_mae", [0, 1]));
    assert_eq!(read(&validation["evaluation_loss_vs_iterations"]), expected("val_loss", [2, 4]));
    assert_eq!(read(&train["epoch_learning_rate"]), [(0, 0.01), (1, 0.01)]);
    let loss = &train["epoch_loss"][0];
    assert_eq!((loss.plugin.as_str(), loss.class, loss.dtype, loss.shape.len()), ("scalars", 1, 1, 0));
    let graph = &train["keras"][0];
    assert_eq!((graph.plugin.as_str(), graph.dtype), ("graph_keras_model", 7));
    assert_eq!(String::from_utf8(graph.strings()[0].clone()).unwrap(), model().to_json().unwrap());
    std::fs::remove_dir_all(path).unwrap();
}

#[test]
fn every_option_changes_what_is_written() {
    let has = |tags: &[String], tag: &str| tags.iter().any(|t| t == tag);
    assert!(!has(&tags("graph", |c| c.write_graph(false)).0, "keras"));
    let pace = tags("pace", |c| c.write_steps_per_second(true)).0;
    assert!(has(&pace, "epoch_steps_per_second") && !has(&pace, "batch_steps_per_second"));
    let batches = tags("batches", |c| c.update_freq("batch").write_steps_per_second(true)).0;
    assert!(has(&batches, "batch_loss") && has(&batches, "batch_mae") && has(&batches, "batch_steps_per_second"));
    assert!(!has(&tags("rare", |c| c.update_freq(5)).0, "batch_loss"));
    let histograms = tags("histograms", |c| c.histogram_freq(1)).0;
    assert!(has(&histograms, "conv/kernel/histogram") && !has(&histograms, "dense/bias/image"));
    let images = tags("images", |c| c.histogram_freq(1).write_images(true)).0;
    assert!(has(&images, "dense/kernel/image") && has(&images, "conv/kernel/image"));
}

#[test]
fn steps_and_histograms_have_their_numbers() {
    let path = folder("numbers");
    let (x, y) = (Tensor::random_uniform([20, 3, 3, 1], 0.0, 1.0), Tensor::zeros([20, 1]));
    let callback = TensorBoard::new(&path).update_freq(3).histogram_freq(2).write_images(true);
    let mut model = model();
    model.fit((&x, &y), Fit::new().epochs(3).batch_size(4).verbose(0).callback(callback)).unwrap();
    let train = read(&path.join("train"));
    let steps = |tag: &str| train[tag].iter().map(|v| v.step).collect::<Vec<_>>();
    assert_eq!(steps("batch_loss"), [3, 6, 9, 12, 15]);
    assert_eq!(steps("dense/kernel/histogram"), [0, 2]);
    let histogram = &train["dense/kernel/histogram"][1];
    assert_eq!((histogram.plugin.as_str(), histogram.class, histogram.dtype, &histogram.shape[..]), ("histograms", 2, 2, &[30, 3][..]));
    let numbers: Vec<f64> = field(&histogram.tensor, 4).as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect();
    let kernel = model.get_weights().unwrap().into_iter().find(|w| w.shape() == [12, 1]).unwrap().to_vec::<f64>();
    let (low, high) = (kernel.iter().copied().fold(f64::MAX, f64::min), kernel.iter().copied().fold(f64::MIN, f64::max));
    assert_eq!((numbers[0], numbers[88]), (low, high));
    for row in numbers.chunks(3).take(29) {
        assert_eq!(row[2], kernel.iter().filter(|v| (row[0]..row[1]).contains(*v)).count() as f64, "{row:?}");
    }
    assert_eq!(numbers.chunks(3).map(|row| row[2]).sum::<f64>(), 12.0);
    // A kernel of shape (2, 2, 1, 3) is three pictures of 2 by 2.
    let image = &train["conv/kernel/image"][0];
    let strings = image.strings();
    assert_eq!((image.plugin.as_str(), image.class, &image.shape[..], strings.len()), ("images", 3, &[5][..], 5));
    assert_eq!((&strings[0][..], &strings[1][..], &strings[2][1..4]), (&b"2"[..], &b"2"[..], &b"PNG"[..]));
    std::fs::remove_dir_all(path).unwrap();
}

#[test]
fn equal_values_and_none_have_histograms() {
    let counts = |values: &[f64]| {
        let bytes = summary::histogram("h", values);
        let tensor = field(&bytes, 8);
        let numbers: Vec<f64> = field(&tensor, 4).as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect();
        numbers.chunks(3).map(|row| row[2]).collect::<Vec<_>>()
    };
    assert_eq!(counts(&[]).len(), 0);
    assert_eq!(counts(&[2.0, 2.0, f64::NAN])[28..], [0.0, 2.0]);
}

#[test]
fn mistakes_are_errors() {
    let error = |callback: TensorBoard| {
        let (x, y) = (Tensor::ones([2, 3, 3, 1]), Tensor::ones([2, 1]));
        model().fit((&x, &y), Fit::new().verbose(0).callback(callback)).unwrap_err().to_string()
    };
    let expected = "TensorBoard: `update_freq` must be `epoch`, `batch` or a number of steps, received `step`";
    assert_eq!(error(TensorBoard::default().update_freq("step")), expected);
    assert!(error(TensorBoard::default().update_freq(0)).contains("at least 1"));
    assert!(error(TensorBoard::default().write_images(true)).contains("histogram_freq"));
}
