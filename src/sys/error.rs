//! A system call that failed: one type for every module, and one form in every log and on standard error.
//!
//! Owns the form, `CALL PATH: WORDS (NAME, errno NUMBER)`, and the words of `getaddrinfo`'s errors. Performs no I/O;
//! paths come out escaped.

use clp_isa_core::check::LocalError;
use clp_isa_core::errno::Errno;
use clp_isa_core::text::Escaped;
use core::fmt;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// An error of a library that has an errno.
pub trait HasErrno {
    /// Its errno; `EINVAL` where the library refused the arguments before any call was made.
    fn errno(&self) -> Errno;
}

impl HasErrno for nix::errno::Errno {
    fn errno(&self) -> Errno {
        // The enum's discriminants are the errno values.
        Errno(*self as i32)
    }
}

impl HasErrno for std::io::Error {
    fn errno(&self) -> Errno {
        Errno(self.raw_os_error().unwrap_or(nix::libc::EINVAL))
    }
}

impl HasErrno for Errno {
    fn errno(&self) -> Errno {
        *self
    }
}

/// A failed call: `open /dev/log: Permission denied (EACCES, errno 13)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Its name.
    pub call: &'static str,
    pub errno: Errno,
    /// What it was called for, if that is a path, and if whoever shows the error does not know it anyway.
    pub path: Option<Box<Path>>,
}

impl Error {
    /// Makes an error of `call` of what it failed with. Takes no heap: the form for a running monitor.
    pub fn of<E: HasErrno>(call: &'static str) -> impl Fn(E) -> Self {
        move |error| Self {
            call,
            errno: error.errno(),
            path: None,
        }
    }

    /// The same for a call that was made for `path`.
    pub fn on<E: HasErrno>(call: &'static str, path: &Path) -> impl Fn(E) -> Self {
        move |error| Self::of(call)(error).with_path(path)
    }

    /// The same error, made for `path`.
    pub fn with_path(self, path: &Path) -> Self {
        let path = Some(path.into());
        Self { path, ..self }
    }

    /// The error as it reads with `path`, which is known to whoever shows it.
    pub fn at(&self, path: &Path) -> impl fmt::Display {
        fmt::from_fn(|f| write(f, self.call, Some(path), self.errno))
    }
}

impl From<LocalError> for Error {
    fn from(error: LocalError) -> Self {
        Self::of(error.call.name())(error.errno)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, self.call, self.path.as_deref(), self.errno)
    }
}

/// A path or a name of the system's as users see it.
pub(crate) fn shown<T: AsRef<OsStr> + ?Sized>(name: &T) -> Escaped<'_> {
    Escaped(name.as_ref().as_bytes())
}

fn write(f: &mut fmt::Formatter<'_>, call: &str, path: Option<&Path>, errno: Errno) -> fmt::Result {
    f.write_str(call)?;
    if let Some(path) = path {
        write!(f, " {}", shown(path))?;
    }
    write!(f, ": {}", Named(errno))
}

/// An errno with its meaning, its name and its number: `Connection refused (ECONNREFUSED, errno 111)`.
#[derive(Debug, Clone, Copy)]
pub struct Named(pub Errno);

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errno = nix::errno::Errno::from_raw(self.0.0);
        write!(f, "{} ({errno:?}, errno {})", errno.desc(), self.0)
    }
}

/// What event 81 shows: the number of an `EAI_` error (negative) or an errno.
#[derive(Debug, Clone, Copy)]
pub struct Lookup(pub i32);

impl fmt::Display for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 >= 0 {
            return Named(Errno(self.0)).fmt(f);
        }
        // getaddrinfo(3); the numbers are those of glibc and musl.
        let (words, name) = match self.0 {
            -1 => ("Invalid flags", "EAI_BADFLAGS"),
            -2 => ("Name or service not known", "EAI_NONAME"),
            -3 => ("Temporary failure in name resolution", "EAI_AGAIN"),
            -4 => ("Non-recoverable failure in name resolution", "EAI_FAIL"),
            -5 => ("The name has no address", "EAI_NODATA"),
            -6 => ("Address family not supported", "EAI_FAMILY"),
            -7 => ("Socket type not supported", "EAI_SOCKTYPE"),
            -8 => ("Service not supported", "EAI_SERVICE"),
            -9 => ("The name has no address of this family", "EAI_ADDRFAMILY"),
            -10 => ("Out of memory", "EAI_MEMORY"),
            -11 => ("System error", "EAI_SYSTEM"),
            -12 => ("Name or answer too long", "EAI_OVERFLOW"),
            -105 => ("Name not correctly encoded", "EAI_IDN_ENCODE"),
            _ => ("Unknown error", "EAI"),
        };
        write!(f, "getaddrinfo: {words} ({name}, {})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_with_words_name_and_number() {
        let path = Path::new("/dev/l\"og");
        for (call, path, errno, text) in [
            (
                "sendto",
                Some(path),
                111,
                "sendto /dev/l\\x22og: Connection refused (ECONNREFUSED, errno 111)",
            ),
            (
                "poll",
                None,
                4,
                "poll: Interrupted system call (EINTR, errno 4)",
            ),
            (
                "open",
                None,
                9999,
                "open: Unknown errno (UnknownErrno, errno 9999)",
            ),
        ] {
            let error = Error::of(call)(Errno(errno));
            let Some(path) = path else {
                assert_eq!(error.to_string(), text);
                continue;
            };
            assert_eq!(error.at(path).to_string(), text);
            assert_eq!(Error::on(call, path)(error.errno).to_string(), text);
        }
    }

    #[test]
    fn every_error_of_a_lookup_has_words() {
        use nix::libc as c;
        for (number, text) in [
            (
                c::EAI_NONAME,
                "getaddrinfo: Name or service not known (EAI_NONAME, -2)",
            ),
            (
                c::EAI_AGAIN,
                "getaddrinfo: Temporary failure in name resolution (EAI_AGAIN, -3)",
            ),
            (-99, "getaddrinfo: Unknown error (EAI, -99)"),
            (c::ETIMEDOUT, "Connection timed out (ETIMEDOUT, errno 110)"),
        ] {
            assert_eq!(Lookup(number).to_string(), text);
        }
        let known = (-12..0).filter(|&number| !Lookup(number).to_string().contains("Unknown"));
        assert_eq!(known.count(), 12);
    }
}
