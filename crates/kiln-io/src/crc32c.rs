//! The checksum of Castagnoli, RFC 3720 appendix B.4, and the masked form of TensorFlow's record files.

const TABLE: [[u32; 256]; 8] = tables();

const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut i = 0;
    while i < 256 {
        let (mut value, mut bit) = (i as u32, 0);
        while bit < 8 {
            value = if value & 1 == 1 { (value >> 1) ^ 0x82F6_3B78 } else { value >> 1 };
            bit += 1;
        }
        tables[0][i] = value;
        i += 1;
    }
    let mut table = 1;
    while table < 8 {
        let mut i = 0;
        while i < 256 {
            let before = tables[table - 1][i];
            tables[table][i] = (before >> 8) ^ tables[0][(before & 0xFF) as usize];
            i += 1;
        }
        table += 1;
    }
    tables
}

/// The checksum of bytes that come in pieces, each with that of the pieces before; 0 for none.
pub(crate) fn crc32c(before: u32, bytes: &[u8]) -> u32 {
    let mut crc = !before;
    let (eights, rest) = bytes.as_chunks::<8>();
    for eight in eights {
        let [a, b, c, d, e, f, g, h] = *eight;
        let low = crc ^ u32::from_le_bytes([a, b, c, d]);
        let [a, b, c, d] = low.to_le_bytes().map(usize::from);
        let [e, f, g, h] = [e, f, g, h].map(usize::from);
        crc = TABLE[7][a] ^ TABLE[6][b] ^ TABLE[5][c] ^ TABLE[4][d] ^ TABLE[3][e] ^ TABLE[2][f] ^ TABLE[1][g] ^ TABLE[0][h];
    }
    for byte in rest {
        crc = (crc >> 8) ^ TABLE[0][usize::from(crc as u8 ^ byte)];
    }
    !crc
}

/// As record files have it, so that a checksum of data that hold checksums stays a good one.
pub(crate) fn masked(bytes: &[u8]) -> u32 {
    crc32c(0, bytes).rotate_right(15).wrapping_add(0xA282_EAD8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_the_rfc() {
        assert_eq!(crc32c(0, b"123456789"), 0xE306_9283);
        assert_eq!(crc32c(0, &[0; 32]), 0x8A91_36AA);
        assert_eq!(crc32c(0, &[0xFF; 32]), 0x62A8_AB43);
        let rising: Vec<u8> = (0..32).collect();
        assert_eq!(crc32c(0, &rising), 0x46DD_794E);
        assert_eq!(crc32c(crc32c(0, &rising[..11]), &rising[11..]), 0x46DD_794E);
        assert_eq!(crc32c(0, b""), 0);
    }
}
