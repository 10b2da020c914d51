// Package password is how passwords are chosen and kept: argon2id hashes as PHC
// strings, the rules for new ones, and random ones; tokens that no person has to remember,
// and the keys of wall screens.
//
// It must not know whose a password is, where hashes are kept, nor how a password
// came in.
package password
