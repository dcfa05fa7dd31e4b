//! The model that says when a monitor must end: all there is to it, in ten lines.

use crate::plan::Truth;

#[derive(Debug, Default)]
pub(crate) struct Shadow {
    pub(crate) failed: u16,
    pub(crate) late: u8,
}

impl Shadow {
    /// A check has found `truth`; `is_late` says that the process was not run past its deadline. Gives whether the
    /// monitor must end now.
    pub(crate) fn must_end(&mut self, truth: Truth, is_late: bool, retries: u16) -> bool {
        match truth {
            Truth::Good => (self.failed, self.late) = (0, 0),
            Truth::Void => self.late = 0,
            Truth::Bad(_) if is_late && self.late < 3 => self.late += 1,
            Truth::Bad(_) if is_late => self.failed += 1,
            Truth::Bad(_) => (self.failed, self.late) = (self.failed + 1, 0),
        }
        self.failed > retries
    }
}
