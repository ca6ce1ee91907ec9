//! What someone does who wants to do harm, or whose machine does it for them: too much, too little, at the wrong moment.
//! [README.md](README.md) says where the attacks on single crates are.

mod bounds;
mod output;
mod processes;
mod requests;
