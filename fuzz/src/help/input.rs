//! Values from a fuzzer's bytes.

/// Takes values off the front of some bytes; zeros once they are used up.
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn byte(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or(0)
    }

    /// 0 to `limit` - 1.
    pub fn below(&mut self, limit: u8) -> u8 {
        self.byte() % limit
    }

    pub fn number(&mut self) -> u32 {
        (0..4).fold(0, |number, _| (number << 8) | u32::from(self.byte()))
    }

    /// The next `count` bytes, or those that are left.
    pub fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (taken, left) = self.0.split_at(count.min(self.0.len()));
        self.0 = left;
        taken
    }

    pub fn rest(&mut self) -> &'a [u8] {
        self.bytes(usize::MAX)
    }
}

/// The pieces into which `seed` cuts `bytes`: most of a few bytes, some of many.
pub fn pieces(bytes: &[u8], seed: u32) -> impl Iterator<Item = &[u8]> {
    let (mut left, mut state) = (bytes, seed | 1);
    core::iter::from_fn(move || {
        // Xorshift: never zero, so never stuck.
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let length = if state % 8 == 0 {
            state % 9000
        } else {
            state % 5
        } as usize;
        let (piece, rest) = left.split_at(length.clamp(1, left.len().max(1)).min(left.len()));
        left = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

/// The bytes, with `is_long` every 0xFE of the first 20 drawn out to 4000 `x`: long input from short.
pub fn drawn_out(bytes: &[u8], is_long: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut left = if is_long { 20 } else { 0 };
    for &byte in bytes {
        if byte == 0xfe && left > 0 {
            left -= 1;
            out.resize(out.len() + 4000, b'x');
        } else {
            out.push(byte);
        }
    }
    out
}
