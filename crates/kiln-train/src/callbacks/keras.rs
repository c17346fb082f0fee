//! What Keras' callbacks did with the same numbers.

use super::double::Double;
use super::*;
use serde_json::Value;

fn rows(kind: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../../testdata/callbacks.json")).unwrap();
    all[kind].as_array().unwrap().clone()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// Runs the epochs of a row; gives the epoch after which it stopped, from 1, and the rates after each.
fn run(callback: &mut dyn Callback, model: &mut Double, row: &Value) -> (Option<u64>, Vec<f64>) {
    let (mut rates, mut stopped) = (Vec::new(), None);
    callback.on_train_begin(model).unwrap();
    for (epoch, value) in floats(&row["values"]).into_iter().enumerate() {
        callback.on_epoch_begin(epoch, model).unwrap();
        let flow = callback.on_epoch_end(epoch, &mut crate::logs! { "val_loss" => value }, model).unwrap();
        rates.push(model.rates[0].1);
        if flow != Flow::Continue {
            stopped = Some(epoch as u64 + 1);
            break;
        }
    }
    callback.on_train_end(&Logs::new(), model).unwrap();
    (stopped, rates)
}

#[test]
fn early_stopping_stops_where_keras_does() {
    for row in rows("early_stopping") {
        let mut callback = EarlyStopping::new("val_loss");
        for (option, value) in row["options"].as_object().unwrap() {
            let number = value.as_f64().unwrap_or_default();
            callback = match option.as_str() {
                "patience" => callback.patience(number as usize),
                "min_delta" => callback.min_delta(number),
                "mode" => callback.mode(value.as_str().unwrap()),
                "baseline" => callback.baseline(number),
                "restore_best_weights" => callback.restore_best_weights(value.as_bool().unwrap()),
                "start_from_epoch" => callback.start_from_epoch(number as usize),
                _ => callback.verbose(number as u8),
            };
        }
        let mut model = Double::default();
        let (stopped, _) = run(&mut callback, &mut model, &row);
        assert_eq!((stopped, model.restored > 0), (row["stopped"].as_u64(), !row["restored"].is_null()), "{row}");
        assert_eq!(model.said.iter().map(|s| format!("{s}\n")).collect::<String>(), row["said"].as_str().unwrap(), "{row}");
    }
}

#[test]
fn plateaus_lower_the_rate_where_keras_does() {
    for row in rows("reduce_lr_on_plateau") {
        let mut callback = ReduceLrOnPlateau::new("val_loss");
        for (option, value) in row["options"].as_object().unwrap() {
            let number = value.as_f64().unwrap_or_default();
            callback = match option.as_str() {
                "patience" => callback.patience(number as usize),
                "factor" => callback.factor(number),
                "min_delta" => callback.min_delta(number),
                "cooldown" => callback.cooldown(number as usize),
                "min_lr" => callback.min_lr(number),
                "mode" => callback.mode(value.as_str().unwrap()),
                _ => callback.verbose(number as u8),
            };
        }
        let mut model = Double::default();
        let (_, rates) = run(&mut callback, &mut model, &row);
        let near = rates.iter().zip(floats(&row["rates"])).all(|(ours, theirs)| (ours - theirs).abs() <= 1e-12 * theirs);
        assert!(near && rates.len() == floats(&row["rates"]).len(), "{rates:?}: {row}");
        assert_eq!(model.said.len() as u64, row["said"].as_u64().unwrap(), "{row}");
    }
}

#[test]
fn csv_files_are_those_of_keras() {
    for (i, row) in rows("csv_logger").into_iter().enumerate() {
        let path = std::env::temp_dir().join(format!("kiln_csv_{}_keras_{i}.csv", std::process::id()));
        let (separator, append) = (row["options"]["separator"].as_str(), row["options"]["append"].as_bool());
        for _ in 0..2 {
            let mut callback = CsvLogger::new(&path).separator(separator.unwrap_or(",")).append(append.unwrap_or(false));
            let mut model = Double::default();
            callback.on_train_begin(&mut model).unwrap();
            for (epoch, values) in row["logs"].as_array().unwrap().iter().enumerate() {
                let mut logs = Logs::new();
                values.as_object().unwrap().iter().for_each(|(name, value)| logs.set(name, value.as_f64().unwrap()));
                callback.on_epoch_end(epoch, &mut logs, &mut model).unwrap();
            }
            callback.on_train_end(&Logs::new(), &mut model).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), row["text"].as_str().unwrap(), "{row}");
        std::fs::remove_file(path).unwrap();
    }
}
