//! The program `kiln`: looks at, runs, trains, measures, draws and converts saved models, without a line of Rust.
//!
//! ```text
//! kiln summary  model.keras
//! kiln predict  model.keras images.idx --divide 255 --classes
//! kiln evaluate model.keras x.csv y.csv --json
//! kiln train    model.json flowers.csv --target species --loss sparse_categorical_crossentropy --epochs 20 --out flowers.keras
//! kiln plot     flowers.keras flowers.svg
//! kiln convert  old.h5 new.keras
//! ```
//!
//! It ends with 0 when all went well, 1 when a file, data or a model are not as they must be, 2 for arguments it doesn't know.

mod answer;
mod arguments;
mod commands;
mod data;
mod models;
mod plot;
mod table;
mod train;

use answer::Answer;
use std::process::ExitCode;

/// Large buffers come and go at every step; the usual allocator of Linux hands each back to the system.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = match arguments::program().try_get_matches() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help is no mistake. What can't be printed can't be told either.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let (name, arguments) = arguments.subcommand().unwrap_or(("", &arguments));
    let json = arguments.try_get_one::<bool>("json").ok().flatten().copied().unwrap_or(false);
    match commands::run(name, arguments).and_then(|answer| Answer::give(&answer, json)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if json => {
            eprintln!("{}", serde_json::json!({ "error": error.to_string() }));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
