//! Ways to the table on which connections break and answers are lost.

use std::future::Future;
use std::pin::Pin;

use tokio::io::{AsyncReadExt, copy, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// What becomes of a connection on the way to the table.
pub enum Fate {
    Pass,
    /// As `Pass`, once this has happened.
    PassAfter(Pin<Box<dyn Future<Output = ()> + Send>>),
    Refuse,
    LoseAnswer,
}

/// A way to the table on which the n-th connection, from 0, meets its fate.
pub async fn way_to(
    endpoint: &str,
    mut fate: impl FnMut(usize) -> Fate + Send + 'static,
) -> String {
    let table = endpoint.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for number in 0.. {
            let (mut client, _) = listener.accept().await.unwrap();
            let fate = fate(number);
            let mut table = TcpStream::connect(&table).await.unwrap();
            tokio::spawn(async move {
                match fate {
                    Fate::Refuse => {}
                    Fate::Pass => drop(copy_bidirectional(&mut client, &mut table).await),
                    Fate::PassAfter(event) => {
                        event.await;
                        drop(copy_bidirectional(&mut client, &mut table).await);
                    }
                    Fate::LoseAnswer => {
                        let (mut from_client, _to_client) = client.split();
                        let (mut from_table, mut to_table) = table.split();
                        // The request has taken effect once the table answers it; nobody hears the answer.
                        tokio::select! {
                            _ = copy(&mut from_client, &mut to_table) => {}
                            _ = from_table.read_u8() => {}
                        }
                    }
                }
            });
        }
    });
    address
}
