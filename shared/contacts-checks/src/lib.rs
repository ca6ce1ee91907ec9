//! What 'the contacts API works' means, over a transport.
