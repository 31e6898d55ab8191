//! How many bytes of attached files there is room for: of one unit, and of all together.

/// What may be kept; `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileRoom {
    /// Of one unit, in bytes. The bureau's own files count towards all files only.
    pub unit: Option<u64>,
    /// Of all together, in bytes.
    pub total: Option<u64>,
}

/// A file for which there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    /// The unit has used up its part.
    #[error(
        "本单位的附件空间还剩 {}（共 {}），放不下 {} 的文件：请压缩后再上传，或先删除不再需要的附件",
        shown(*.left), shown(*.limit), shown(*.size)
    )]
    OfUnit {
        /// Bytes left.
        left: u64,
        /// Bytes in all.
        limit: u64,
        /// Bytes of the file.
        size: u64,
    },
    /// All files together have used up what there is.
    #[error(
        "全部附件的空间还剩 {}（共 {}），放不下 {} 的文件：请联系系统管理员",
        shown(*.left), shown(*.limit), shown(*.size)
    )]
    OfAll {
        /// Bytes left.
        left: u64,
        /// Bytes in all.
        limit: u64,
        /// Bytes of the file.
        size: u64,
    },
}

impl FileRoom {
    /// Whether anything is limited.
    pub fn is_limited(&self) -> bool {
        self.unit.is_some() || self.total.is_some()
    }

    /// Whether a file of `size` bytes still fits; `of_unit` are the bytes of the unit it is for, none for the bureau's.
    ///
    /// # Errors
    /// [`NoRoom`], with what is left.
    pub fn check(&self, size: u64, of_unit: Option<u64>, of_all: u64) -> Result<(), NoRoom> {
        if let (Some(limit), Some(used)) = (self.unit, of_unit) {
            let left = limit.saturating_sub(used);
            if size > left {
                return Err(NoRoom::OfUnit { left, limit, size });
            }
        }
        if let Some(limit) = self.total {
            let left = limit.saturating_sub(of_all);
            if size > left {
                return Err(NoRoom::OfAll { left, limit, size });
            }
        }
        Ok(())
    }
}

/// Bytes as people say them, to a tenth of their unit.
fn shown(bytes: u64) -> String {
    const KIB: u64 = 1 << 10;
    const MIB: u64 = 1 << 20;
    let tenths = |unit: u64| {
        // What is left is never told larger than it is.
        let tenths = u128::from(bytes) * 10 / u128::from(unit);
        match tenths % 10 {
            0 => (tenths / 10).to_string(),
            rest => format!("{}.{rest}", tenths / 10),
        }
    };
    match bytes {
        0..KIB => format!("{bytes} 字节"),
        KIB..MIB => format!("{} KB", tenths(KIB)),
        MIB.. => format!("{} MB", tenths(MIB)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn a_file_fits_to_the_last_byte_and_not_one_more() {
        let room = FileRoom {
            unit: Some(10),
            total: Some(25),
        };
        assert_eq!(room.check(4, Some(6), 6), Ok(()));
        let (left, limit, size) = (4, 10, 5);
        let wrong = Err(NoRoom::OfUnit { left, limit, size });
        assert_eq!(room.check(5, Some(6), 6), wrong);
        // The bureau's files are bounded by the whole alone.
        assert_eq!(room.check(19, None, 6), Ok(()));
        let (left, limit, size) = (19, 25, 20);
        assert_eq!(
            room.check(20, None, 6),
            Err(NoRoom::OfAll { left, limit, size })
        );
        // A limit that was lowered leaves nothing.
        assert_eq!(
            room.check(1, Some(50), 0),
            Err(NoRoom::OfUnit {
                left: 0,
                limit: 10,
                size: 1
            })
        );
        assert_eq!(FileRoom::default().check(u64::MAX, Some(9), 9), Ok(()));
        assert!(room.is_limited() && !FileRoom::default().is_limited());
    }

    #[test]
    fn bytes_are_told_to_a_tenth_and_never_too_large() {
        for (bytes, text) in [
            (0, "0 字节"),
            (1023, "1023 字节"),
            (1024, "1 KB"),
            (1_600, "1.5 KB"),
            (12 * MIB + MIB / 2, "12.5 MB"),
            (2 * MIB - 1, "1.9 MB"),
        ] {
            assert_eq!(shown(bytes), text);
        }
    }
}
