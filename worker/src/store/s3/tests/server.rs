//! An HTTP server on a port of its own that replies as a test tells it to, and records the requests.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A request to the server.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Returns the range of a GET, without its end.
    pub(super) fn range(&self) -> Option<(usize, usize)> {
        let (first, last) = self.header("range")?.strip_prefix("bytes=")?.split_once('-')?;
        Some((first.parse().ok()?, last.parse::<usize>().ok()? + 1))
    }

    /// Returns the kind of the request: `GET`, or `PUT ?partNumber` if a query parameter determines the operation.
    pub(super) fn what(&self) -> String {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let kinds = ["partNumber", "uploads", "uploadId"];
        let kind = kinds.iter().find(|kind| query.split('&').any(|part| part.split('=').next() == Some(kind)));
        kind.map_or(self.method.clone(), |kind| format!("{} ?{kind}", self.method))
    }
}

/// A reply of the server.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Close the connection after this many bytes of the body.
    cut: Option<usize>,
    /// Close the connection without a reply.
    lost: bool,
}

impl Reply {
    pub(super) fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), cut: None, lost: false }
    }

    pub(super) fn lost() -> Self {
        Self { lost: true, ..Self::status(200) }
    }

    pub(super) fn error(status: u16, code: &str) -> Self {
        Self::xml(status, &format!("<Error><Code>{code}</Code><Message>as told</Message></Error>"))
    }

    pub(super) fn xml(status: u16, xml: &str) -> Self {
        let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{xml}").into_bytes();
        Self { body, ..Self::status(status) }.with("content-type", "application/xml")
    }

    /// The reply with the requested range of an object.
    pub(super) fn part(object: &[u8], asked: &Asked) -> Self {
        let Some((first, end)) = asked.range() else {
            return Self::error(400, "NoRange");
        };
        if first >= object.len() {
            return Self::error(416, "InvalidRange");
        }
        let end = end.min(object.len());
        let reply = Self { body: object[first..end].to_vec(), ..Self::status(206) };
        reply.of(1).with("content-range", &format!("bytes {first}-{}/{}", end - 1, object.len()))
    }

    /// Adds the headers with ETag and time of a version of an object.
    pub(super) fn of(self, version: u32) -> Self {
        self.with("etag", &format!("\"v{version}\"")).with("last-modified", "Tue, 03 Nov 2026 10:00:00 GMT")
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(given, _)| given != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn cut_after(mut self, bytes: usize) -> Self {
        self.cut = Some(bytes);
        self
    }
}

/// The server; it lasts as long as the test's process.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Starts a server that replies with the result of `reply`, which is called with the number of earlier requests.
    pub(super) fn start(reply: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let server = Self { url, asked: Arc::clone(&asked) };
        let reply = Arc::new(reply);
        thread::spawn(move || {
            for connection in listener.incoming() {
                let (connection, asked, reply) = (connection.unwrap(), Arc::clone(&asked), Arc::clone(&reply));
                thread::spawn(move || {
                    // An error means that the client is gone, which ends the connection.
                    let _ = serve(&connection, &asked, &*reply);
                    let _ = connection.shutdown(Shutdown::Both);
                });
            }
        });
        server
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(super) fn count(&self, what: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| asked.what() == what).count()
    }
}

fn serve(
    connection: &TcpStream,
    asked: &Mutex<Vec<Asked>>,
    reply: &(impl Fn(usize, &Asked) -> Reply + ?Sized),
) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let mut words = line.split(' ').map(str::to_owned);
        let (method, target) = (words.next().unwrap(), words.next().unwrap());
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
        let mut request = Asked { method, target, headers, body: Vec::new() };
        let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
        request.body = vec![0; length];
        reader.read_exact(&mut request.body)?;
        let before = {
            let mut asked = asked.lock().unwrap();
            asked.push(request.clone());
            asked.len() - 1
        };
        let reply = reply(before, &request);
        if reply.lost {
            return Ok(());
        }
        let mut head = format!("HTTP/1.1 {} As told\r\ncontent-length: {}\r\n", reply.status, reply.body.len());
        for (name, value) in &reply.headers {
            head += &format!("{name}: {value}\r\n");
        }
        let mut writer = connection;
        writer.write_all(format!("{head}\r\n").as_bytes())?;
        if request.method != "HEAD" {
            let sent = reply.cut.unwrap_or(reply.body.len());
            writer.write_all(&reply.body[..sent])?;
            if reply.cut.is_some() {
                return Ok(());
            }
        }
    }
}
