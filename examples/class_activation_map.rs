//! Where a network looks: class activation maps and Grad-CAM, on pieces of clothing lost among scraps of others.
//!
//! `cargo run --release --example class_activation_map`; `--data DIR`, `--sample`, `--seed N`, `--quick` for tests.

use kiln::datasets::fashion_mnist::CLASS_NAMES;
use kiln::prelude::*;
use kiln_examples::scenes::scenes;
use kiln_examples::{fashion_images, flag, number, of_classes, output};

const SIDE: usize = 64;

/// The share of maps whose highest place lies on the piece: the pointing game.
fn pointing(maps: &Tensor, corners: &[[usize; 2]]) -> kiln::Result<f64> {
    let cells = maps.shape()[1];
    let highest = maps.reshape([-1, (cells * cells) as isize])?.argmax(-1)?.to_vec::<i32>();
    let on = |(place, corner): &(i32, &[usize; 2])| {
        let at = [*place as usize / cells, *place as usize % cells].map(|cell| (2 * cell + 1) * SIDE / (2 * cells));
        at.iter().zip(*corner).all(|(p, c)| (*c..*c + 28).contains(p))
    };
    Ok(highest.into_iter().zip(corners).filter(on).count() as f64 / corners.len() as f64)
}

/// The maps as a red glow over the images.
fn glow(images: &Tensor, maps: &Tensor) -> kiln::Result<Tensor> {
    let mut enlarge = sequential![UpSampling2d::new(SIDE / maps.shape()[1]).interpolation("bilinear")];
    let heat = enlarge.predict(kiln_examples::stretched(&maps.expand_dims(-1)?)?)?.square();
    let dimmed = images * (1.0 - &heat * 0.6);
    Tensor::concat([&images.maximum(&heat)?, &dimmed, &dimmed], -1)
}

fn main() -> kiln::Result<()> {
    set_random_seed(number("seed", 27)?);
    let quick = flag("quick");
    let classes: &[i32] = if quick { &[1, 7, 8] } else { &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9] };
    let (train, test, epochs, width) = if quick { (3000, 600, 5, 8) } else { (8000, 1500, 5, 16) };
    let (train, test) = fashion_images(train, test)?;
    let ((pieces, y_train), (test_pieces, y_test)) = (of_classes(&train, classes)?, of_classes(&test, classes)?);
    let ((x_train, _), (x_test, corners)) = (scenes(&pieces, SIDE, 14)?, scenes(&test_pieces, SIDE, 14)?);

    let image = Input::new([SIDE, SIDE, 1]);
    let mut x = MaxPooling2d::new(2).on(&Conv2d::new(width, 3).padding("same").activation("relu").on(&image)?)?;
    x = MaxPooling2d::new(2).on(&Conv2d::new(2 * width, 3).padding("same").activation("relu").on(&x)?)?;
    x = BatchNormalization::new().momentum(0.9).on(&Conv2d::new(2 * width, 3).padding("same").activation("relu").on(&x)?)?;
    let maps = Conv2d::new(4 * width, 3).padding("same").activation("relu").name("maps").on(&x)?;
    let scores = Dense::new(classes.len()).name("scores").on(&GlobalAveragePooling2d::new().on(&maps)?)?;
    let mut model = Model::new(&image, &Softmax::new().on(&scores)?)?;
    println!("{}", model.summary()?);
    let rate = if quick { 0.01 } else { 0.003 };
    model.compile(Adam::new().learning_rate(rate), "sparse_categorical_crossentropy", ["accuracy"])?;
    let options = Fit::new().epochs(epochs).batch_size(if quick { 16 } else { 32 }).validation_data((&x_test, &y_test)).verbose(2);
    let history = model.fit((&x_train, &y_train), options)?;

    // The class each scene is taken for, as one of ten.
    let named = model.predict(&x_test)?.argmax(-1)?;
    let chosen = named.one_hot(classes.len());
    let seen = Model::new(&image, &maps)?.predict(&x_test)?;

    // The class activation map: each map counts as much as its mean does for the score of the class.
    let mut head = Model::new(&maps, &scores)?;
    let by_class = seen.matmul(&head.get_weights()?[0])?;
    let cam = (by_class * chosen.expand_dims(1)?.expand_dims(1)?).sum_axis(-1)?;

    // Grad-CAM asks the gradient instead, so it needs no mean before the last layer.
    let tape = GradientTape::new();
    let watched = tape.watch(&seen)?;
    let score = (head.call(&watched, &kiln::Context::inference())? * &chosen).sum();
    let gradient = tape.gradient(&score, [&watched])?.remove(0).ok_or_else(|| Error::data("grad_cam", "no gradient"))?;
    let counts = gradient.mean_axis(1)?.mean_axis(1)?.expand_dims(1)?.expand_dims(1)?;
    let grad_cam = (&seen * counts).sum_axis(-1)?.relu();

    let eight = |t: &Tensor| t.rows(0..8);
    let (images, plain) = (eight(&x_test)?, Tensor::concat([&eight(&x_test)?; 3], -1)?);
    let rows = [plain, glow(&images, &eight(&cam)?)?, glow(&images, &eight(&grad_cam)?)?];
    let names = eight(&named)?.to_vec::<i32>().into_iter().map(|class| CLASS_NAMES[classes[class as usize] as usize]);
    let labels: Vec<&str> = std::iter::repeat_n("", 16).chain(names).collect();
    let path = output("class_activation_map", "maps.png")?;
    ImageGrid::new(&Tensor::concat(&rows, 0)?).columns(8).scale(if quick { 1 } else { 2 }).gap(4).labels(&labels).save(&path)?;
    println!("pictures: {}", path.display());

    // The claims: trained with labels alone, never with a place, the maps point at the piece; and both ways agree.
    let accuracy = history["val_accuracy"].last().copied().unwrap_or_default();
    let (by_cam, by_gradient) = (pointing(&cam, &corners)?, pointing(&grad_cam, &corners)?);
    let chance = 28.0 * 28.0 / (SIDE * SIDE) as f64;
    println!("accuracy {accuracy:.3}; on the piece: CAM {by_cam:.3}, Grad-CAM {by_gradient:.3}, by chance {chance:.3}");
    let floors = if quick { (0.6, 0.6) } else { (0.6, 0.9) };
    assert!(accuracy >= floors.0, "the accuracy {accuracy} is below {}", floors.0);
    assert!(by_cam >= floors.1 && by_gradient >= floors.1, "the maps point at the piece in {by_cam} and {by_gradient} of the scenes");
    Ok(())
}
