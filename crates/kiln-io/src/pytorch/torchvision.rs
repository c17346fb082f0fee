//! The names of torchvision's residual networks.

/// The layer of Kiln's ResNet18 and ResNet34 that the module `name` of torchvision's is; another name stays.
pub(super) fn path(name: &str) -> String {
    match name {
        "conv1" => return "conv1_conv".to_owned(),
        "bn1" => return "conv1_bn".to_owned(),
        "fc" => return "predictions".to_owned(),
        _ => {}
    }
    let block = || -> Option<String> {
        let (stage, rest) = name.strip_prefix("layer")?.split_once('.')?;
        let (block, part) = rest.split_once('.')?;
        let (stage, block): (usize, usize) = (stage.parse().ok()?, block.parse().ok()?);
        let part = match part {
            "downsample.0" => "0_conv".to_owned(),
            "downsample.1" => "0_bn".to_owned(),
            _ => match (part.strip_prefix("conv"), part.strip_prefix("bn")) {
                (Some(number), _) => format!("{number}_conv"),
                (_, Some(number)) => format!("{number}_bn"),
                _ => return None,
            },
        };
        Some(format!("conv{}_block{}_{part}", stage.checked_add(1)?, block.checked_add(1)?))
    };
    block().unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn residual_blocks() {
        assert_eq!(path("layer1.0.conv1"), "conv2_block1_1_conv");
        assert_eq!(path("layer4.1.bn2"), "conv5_block2_2_bn");
        assert_eq!(
            (path("layer2.0.downsample.0").as_str(), path("layer2.0.downsample.1").as_str()),
            ("conv3_block1_0_conv", "conv3_block1_0_bn")
        );
        assert_eq!((path("bn1").as_str(), path("fc").as_str(), path("features.0").as_str()), ("conv1_bn", "predictions", "features.0"));
        assert_eq!(path("layer18446744073709551615.0.conv1"), "layer18446744073709551615.0.conv1");
    }
}
