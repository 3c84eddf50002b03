//! The line of the program's own code that made something: not a library's, and not ours.
//!
//! A thing is made deep inside a library; the line that a person can change is the innermost one that is neither in the
//! standard library, nor in an installed package, nor here. It is looked for at each construction and at each large
//! allocation, so what is known of a code is remembered, and a site is a number until somebody reads it. No Python code
//! runs in here, and nothing is waited for: a site that cannot be had at once is unknown.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::mem::take;
use std::os::unix::ffi::OsStrExt;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::raw::{Calls, Frame, Position, Quiet, attached, line};

/// Frames walked at most.
const DEEPEST: usize = 60;
/// Code objects remembered at most; beyond it all are forgotten.
const MOST_CODES: usize = 4_096;
/// Sites that have a number at most.
const MOST_SITES: usize = 16_383;
/// What is in a folder of these names was installed.
const INSTALLED: [&[u8]; 2] = [b"/site-packages/", b"/dist-packages/"];
/// How the files of lines typed at a prompt begin. They are no files.
const TYPED: [&[u8]; 2] = [b"<ipython-input", b"<python-input"];

/// The folders of what is not the program's own, each with a separator at its end.
struct Landmarks {
    ours: Option<OsString>,
    standard: Option<OsString>,
}

static LANDMARKS: OnceLock<Landmarks> = OnceLock::new();
/// The script that led to us, where our own command runs a program.
static STARTER: OnceLock<OsString> = OnceLock::new();
static SITES: LazyLock<Mutex<Sites>> = LazyLock::new(Mutex::default);

type Codes = HashMap<usize, (Py<PyAny>, Whose)>;

/// Whose a code is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Own,
    /// The import system's.
    Import,
    Other,
}

/// The file of the import system's codes.
const IMPORT: &[u8] = b"<frozen importlib._bootstrap>";

#[derive(Default)]
struct Sites {
    /// Whose a code is, by its address. The reference keeps the address from being used again.
    own: Codes,
    numbers: HashMap<(usize, Position), u32>,
    /// Those that have a number, the first of which is 1.
    numbered: Vec<Site>,
}

struct Site {
    code: Py<PyAny>,
    position: Position,
    text: Option<Py<PyString>>,
}

/// Note where we and the standard library are.
pub(crate) fn learn(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let folder = |module: &Bound<'_, PyAny>| {
        let file: PathBuf = module.getattr("__file__").ok()?.extract().ok()?;
        Some(file.parent()?.to_owned())
    };
    let with_end = |folder: PathBuf| {
        let mut folder = folder.into_os_string();
        folder.push(MAIN_SEPARATOR.to_string());
        folder
    };
    let paths = module.py().import("os")?.getattr("path")?;
    let standard = folder(&paths).map(|folder| with_end(resolved(&folder)));
    LANDMARKS.get_or_init(|| Landmarks { ours: folder(module).map(with_end), standard });
    Ok(())
}

/// A file that is not the program's: the script of a command of ours.
#[pyfunction]
pub(crate) fn not_own(file: OsString) {
    STARTER.get_or_init(|| file);
}

/// Where the program is, as ``"app.py:12 in draw"``; None if no line of its own is near.
///
/// `portable` has it found without the calls that only some interpreters have.
#[pyfunction]
#[pyo3(signature = (*, portable = false))]
pub(crate) fn place(py: Python<'_>, portable: bool) -> Option<Py<PyString>> {
    let calls = if portable { Calls::PORTABLE } else { Calls::found() };
    let (code, position) = nearest(py, &calls)?;
    match number(&code, position) {
        0 => written(&code, position).map(Bound::unbind),
        id => shown(py, id),
    }
}

/// The number of the line where the program is; 0 if there is none near, or no number is left.
///
/// May be called wherever the thread holds the interpreter, also from within an allocation of NumPy's.
pub(crate) fn here(py: Python<'_>) -> u32 {
    nearest(py, &Calls::found()).map_or(0, |(code, position)| number(&code, position))
}

/// A call of the program's own: its code, by address, and where in it the call is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Step {
    pub(crate) code: usize,
    pub(crate) position: Position,
}

/// As [`here`]; `trail` becomes the program's own calls, the innermost first, and stays empty during an import.
pub(crate) fn here_by(py: Python<'_>, trail: &mut Vec<Step>) -> u32 {
    trail.clear();
    if !attached() {
        return 0;
    }
    let calls = Calls::found();
    let quiet = Quiet::new(py);
    let mut forgotten = Codes::new(); // dropped after the lock
    let Some(mut sites) = sites_if_free() else { return 0 };
    let (mut site, mut imports, mut frame) = (0, false, Frame::innermost(&quiet));
    for _ in 0..DEEPEST {
        let Some(call) = frame else { break };
        let code = call.code();
        match sites.whose(&code, &mut forgotten) {
            Whose::Own => {
                let position = call.position(&calls);
                if site == 0 {
                    site = sites.number(&code, position);
                }
                trail.push(Step { code: code.as_ptr() as usize, position });
            }
            Whose::Import => imports = true,
            Whose::Other => {}
        }
        frame = call.outer(&calls);
    }
    if imports {
        trail.clear();
    }
    site
}

/// The code at an address that was met as the program's own.
pub(crate) fn code_at(py: Python<'_>, address: usize) -> Option<Py<PyAny>> {
    sites_if_free()?.own.get(&address).map(|(code, _)| code.clone_ref(py))
}

/// A site as ``"app.py:12 in draw"``, or ``"app.py:3"`` outside functions.
pub(crate) fn text(py: Python<'_>, id: u32) -> Option<String> {
    Some(shown(py, id)?.bind(py).to_string_lossy().into_owned())
}

/// The number of the line of the program where this is called; 0 if there is none near.
#[pyfunction]
pub(crate) fn site(py: Python<'_>) -> u32 {
    here(py)
}

/// A site's file, line and function.
#[pyfunction]
pub(crate) fn site_parts(py: Python<'_>, id: u32) -> Option<(String, i32, String)> {
    let (code, position, _) = sites().get(py, id)?;
    parts(code.bind(py), position)
}

fn sites() -> MutexGuard<'static, Sites> {
    SITES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The lock if nobody has it. Whoever has it holds the interpreter, so it can only be this thread, further out.
fn sites_if_free() -> Option<MutexGuard<'static, Sites>> {
    match SITES.try_lock() {
        Ok(sites) => Some(sites),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

fn nearest<'py>(py: Python<'py>, calls: &Calls) -> Option<(Bound<'py, PyAny>, Position)> {
    if !attached() {
        return None;
    }
    let quiet = Quiet::new(py);
    let mut forgotten = Codes::new(); // dropped after the lock
    let mut sites = sites_if_free()?;
    let mut frame = Frame::innermost(&quiet)?;
    for _ in 0..DEEPEST {
        let code = frame.code();
        if sites.whose(&code, &mut forgotten) == Whose::Own {
            return Some((code, frame.position(calls)));
        }
        frame = frame.outer(calls)?;
    }
    None
}

fn number(code: &Bound<'_, PyAny>, position: Position) -> u32 {
    sites_if_free().map_or(0, |mut sites| sites.number(code, position))
}

fn shown(py: Python<'_>, id: u32) -> Option<Py<PyString>> {
    let (code, position, text) = sites().get(py, id)?;
    if text.is_some() {
        return text;
    }
    let text = written(code.bind(py), position)?.unbind();
    let before = sites().numbered[id as usize - 1].text.replace(text.clone_ref(py));
    drop(before); // after the lock
    Some(text)
}

impl Sites {
    fn whose(&mut self, code: &Bound<'_, PyAny>, forgotten: &mut Codes) -> Whose {
        let address = code.as_ptr() as usize;
        if let Some((_, whose)) = self.own.get(&address) {
            return *whose;
        }
        let whose = match file(code) {
            Some(file) if file.as_bytes() == IMPORT => Whose::Import,
            Some(file) if !is_own(&file) => Whose::Other,
            _ => Whose::Own,
        };
        if self.own.len() >= MOST_CODES {
            *forgotten = take(&mut self.own);
        }
        self.own.insert(address, (code.clone().unbind(), whose));
        whose
    }

    fn number(&mut self, code: &Bound<'_, PyAny>, position: Position) -> u32 {
        let key = (code.as_ptr() as usize, position);
        if let Some(id) = self.numbers.get(&key) {
            return *id;
        }
        if self.numbered.len() >= MOST_SITES {
            return 0;
        }
        self.numbered.push(Site { code: code.clone().unbind(), position, text: None });
        let id = u32::try_from(self.numbered.len()).unwrap_or(0);
        self.numbers.insert(key, id);
        id
    }

    fn get(&self, py: Python<'_>, id: u32) -> Option<(Py<PyAny>, Position, Option<Py<PyString>>)> {
        let site = self.numbered.get((id as usize).checked_sub(1)?)?;
        Some((site.code.clone_ref(py), site.position, site.text.as_ref().map(|text| text.clone_ref(py))))
    }
}

/// The file of a code, unless its name is none that a file system could hold.
fn file(code: &Bound<'_, PyAny>) -> Option<OsString> {
    code.getattr(intern!(code.py(), "co_filename")).ok()?.extract().ok()
}

/// Whether a file is of the program itself.
fn is_own(file: &OsStr) -> bool {
    let name = file.as_bytes();
    if name.starts_with(b"<") {
        return name == b"<stdin>"
            || name == b"<string>"
            || TYPED.iter().any(|typed| name.starts_with(typed));
    }
    if STARTER.get().is_some_and(|starter| starter == file) {
        return false;
    }
    let Some(landmarks) = LANDMARKS.get() else { return true };
    let within = |name: &[u8], folder: &Option<OsString>| {
        folder.as_ref().is_some_and(|folder| name.starts_with(folder.as_bytes()))
    };
    let installed = |part: &[u8]| name.windows(part.len()).any(|piece| piece == part);
    if within(name, &landmarks.ours) || INSTALLED.into_iter().any(installed) {
        return false;
    }
    !within(resolved(Path::new(file)).as_os_str().as_bytes(), &landmarks.standard)
}

/// A path without links, as far as it exists.
fn resolved(path: &Path) -> PathBuf {
    path.ancestors()
        .find_map(|start| {
            let rest = path.strip_prefix(start).ok()?;
            let real = start.canonicalize().ok()?;
            Some(if rest.as_os_str().is_empty() { real } else { real.join(rest) })
        })
        .unwrap_or_else(|| path.to_owned())
}

fn parts(code: &Bound<'_, PyAny>, position: Position) -> Option<(String, i32, String)> {
    let read = |name| {
        let value = code.getattr(name).ok()?;
        Some(value.cast::<PyString>().ok()?.to_string_lossy().into_owned())
    };
    let py = code.py();
    let (file, function) = (read(intern!(py, "co_filename"))?, read(intern!(py, "co_name"))?);
    Some((file, line(code, position), function))
}

fn written<'py>(code: &Bound<'py, PyAny>, position: Position) -> Option<Bound<'py, PyString>> {
    let (file, line, function) = parts(code, position)?;
    let name = file.rsplit(MAIN_SEPARATOR).next()?;
    Some(match function.as_str() {
        "<module>" => PyString::new(code.py(), &format!("{name}:{line}")),
        _ => PyString::new(code.py(), &format!("{name}:{line} in {function}")),
    })
}
