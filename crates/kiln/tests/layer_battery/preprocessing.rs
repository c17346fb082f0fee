use crate::row::Row;
use kiln::prelude::*;

pub(crate) fn rows() -> Vec<Row> {
    features().into_iter().chain(images()).collect()
}

fn images() -> Vec<Row> {
    let sample = [4, 5, 3];
    vec![
        Row::new(Resizing::new(3, 7), sample).of_rank(),
        Row::new(Resizing::new(6, 4).interpolation("nearest").pad_to_aspect_ratio(true).fill_value(1.0), sample).of_rank(),
        Row::new(Resizing::new(2, 2).interpolation("bicubic").antialias(true).data_format("channels_first"), [3, 4, 5]).of_rank(),
        Row::new(Resizing::new(3, 3).interpolation("lanczos3").crop_to_aspect_ratio(true), sample).of_rank(),
        Row::new(CenterCrop::new(3, 2), sample).of_rank(),
        Row::new(CenterCrop::new(6, 2), sample).of_rank(),
        Row::new(RandomCrop::new(2, 3).seed(4), sample).of_rank(),
        Row::new(RandomFlip::new("vertical"), sample).of_rank(),
        Row::new(RandomRotation::new(0.1).fill_mode("constant").fill_value(2.0), sample).of_rank(),
        Row::new(RandomZoom::new(0.1).width_factor((0.1, 0.2)).interpolation("nearest"), sample).of_rank(),
        Row::new(RandomTranslation::new(0.1, (0.1, 0.2)).fill_mode("wrap"), sample).of_rank(),
        Row::new(RandomShear::new(0.1, (0.1, 0.2)).fill_mode("nearest"), sample).of_rank(),
        Row::new(RandomPerspective::new().factor(0.5).scale(0.2).seed(2), sample).of_rank(),
        Row::new(RandomElasticTransform::new().scale((0.1, 0.2)).value_range(0.0, 1.0), sample).of_rank(),
        Row::new(RandomBrightness::new((-0.1, 0.3)).value_range(0.0, 1.0), sample).of_rank(),
        Row::new(RandomContrast::new(0.3), sample).of_rank(),
        Row::new(RandomErasing::new().fill_value([1.0, 2.0, 3.0]).scale((0.1, 0.2)), sample).of_rank(),
        Row::new(RandomErasing::new().fill_value(0.5), [4, 5, 2]).of_rank(),
        Row::new(RandomGrayscale::new(0.3), sample).of_rank(),
        Row::new(RandomHue::new(0.3), sample).of_rank(),
        Row::new(RandomSaturation::new((0.2, 0.8)), sample).of_rank(),
        Row::new(RandomSharpness::new(0.3), sample).of_rank(),
        Row::new(RandomInvert::new(0.3), sample).of_rank(),
        Row::new(RandomPosterization::new(4.0), sample).of_rank(),
        Row::new(RandomColorJitter::new().contrast_factor(0.2).saturation_factor((0.4, 0.5)), sample).of_rank(),
        Row::new(RandomColorDegeneration::new(0.5), sample).of_rank(),
        Row::new(RandomGaussianBlur::new().kernel_size((5, 3)).sigma((0.1, 0.9)), sample).of_rank(),
        Row::new(Solarization::new().addition_factor(0.1).threshold_factor((0.2, 0.6)), sample).of_rank(),
        Row::new(AutoContrast::new().value_range(0.0, 1.0), sample).of_rank(),
        Row::new(Equalization::new().bins(16), sample).of_rank(),
        Row::new(ContrastLimitedAdaptiveHistogramEqualization::new().tile_grid_size(2, 2).clip_limit(2.0), sample).no_gradient().of_rank(),
        Row::new(RandAugment::new().num_ops(1).factor((0.1, 0.2)), sample).of_rank(),
        Row::new(AugMix::new().all_ops(false).alpha(0.5).num_chains(2).chain_depth(1), sample).of_rank(),
    ]
}

fn features() -> Vec<Row> {
    let boundaries = || Discretization::new([-0.5, 0.5]);
    let ids = || IntegerLookup::new().vocabulary([2, 5, 7]);
    vec![
        Row::new(Rescaling::new(0.5).offset(-1.0), [6]),
        Row::new(Pipeline::new([Rescaling::new(0.5).into(), Dense::new(3).activation("tanh").into(), Dense::new(2).into()]), [4]),
        Row::new(Pipeline::new([CenterCrop::new(3, 2).into(), RandomFlip::new("horizontal").into()]), [4, 5, 3]),
        Row::new(Normalization::new(), [6]),
        Row::new(Normalization::new().mean([0.5, 1.0, 0.0]).variance([4.0, 2.0, 1.0]), [2, 3]),
        Row::new(boundaries(), [6]).no_gradient().of_rank(),
        Row::new(boundaries().output_mode("one_hot"), [6]).no_gradient().of_rank(),
        Row::new(boundaries().output_mode("count"), [6]).no_gradient().of_rank(),
        Row::new(CategoryEncoding::new(5), [6]).integers(5).no_gradient().of_rank(),
        Row::new(CategoryEncoding::new(5).output_mode("one_hot"), [1]).integers(5).no_gradient().of_rank(),
        Row::many(CategoryEncoding::new(5).output_mode("count"), &[&[6], &[6]]).integers(5).no_gradient().of_rank(),
        Row::new(ids().num_oov_indices(2).mask_token(0), [6]).integers(9).no_gradient().of_rank(),
        Row::new(ids().output_mode("tf_idf").idf_weights([0.5, 1.0, 2.0]), [6]).integers(9).no_gradient().of_rank(),
    ]
}
