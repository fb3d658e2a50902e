//! Rows of C4.1.94 "Cryptographic AES", "SHA", "SHA512", "three-" and "four-register".

use crate::isa::a64::sem_crypto as sem;

crate::isa::a64::table::section! { "crypto";
    // Cryptographic AES
    AESE      "0100111000101000010010nnnnnddddd" Plain AESE      "aese {Vd.16b}, {Vn.16b}" [feature Aes];
    AESD      "0100111000101000010110nnnnnddddd" Plain AESD      "aesd {Vd.16b}, {Vn.16b}" [feature Aes];
    AESMC     "0100111000101000011010nnnnnddddd" Plain AESMC     "aesmc {Vd.16b}, {Vn.16b}" [feature Aes];
    AESIMC    "0100111000101000011110nnnnnddddd" Plain AESIMC    "aesimc {Vd.16b}, {Vn.16b}" [feature Aes];

    // Cryptographic three-register SHA
    SHA1C     "01011110000mmmmm000000nnnnnddddd" Plain SHA1C     "sha1c {Qd}, {Sn}, {Vm.4s}" [feature Sha1];
    SHA1P     "01011110000mmmmm000100nnnnnddddd" Plain SHA1P     "sha1p {Qd}, {Sn}, {Vm.4s}" [feature Sha1];
    SHA1M     "01011110000mmmmm001000nnnnnddddd" Plain SHA1M     "sha1m {Qd}, {Sn}, {Vm.4s}" [feature Sha1];
    SHA1SU0   "01011110000mmmmm001100nnnnnddddd" Plain SHA1SU0   "sha1su0 {Vd.4s}, {Vn.4s}, {Vm.4s}" [feature Sha1];
    SHA256H   "01011110000mmmmm010000nnnnnddddd" Plain SHA256H   "sha256h {Qd}, {Qn}, {Vm.4s}" [feature Sha256];
    SHA256H2  "01011110000mmmmm010100nnnnnddddd" Plain SHA256H2  "sha256h2 {Qd}, {Qn}, {Vm.4s}" [feature Sha256];
    SHA256SU1 "01011110000mmmmm011000nnnnnddddd" Plain SHA256SU1 "sha256su1 {Vd.4s}, {Vn.4s}, {Vm.4s}" [feature Sha256];

    // Cryptographic two-register SHA
    SHA1H     "0101111000101000000010nnnnnddddd" Plain SHA1H     "sha1h {Sd}, {Sn}" [feature Sha1];
    SHA1SU1   "0101111000101000000110nnnnnddddd" Plain SHA1SU1   "sha1su1 {Vd.4s}, {Vn.4s}" [feature Sha1];
    SHA256SU0 "0101111000101000001010nnnnnddddd" Plain SHA256SU0 "sha256su0 {Vd.4s}, {Vn.4s}" [feature Sha256];

    // Cryptographic three-register SHA512
    SHA512H   "11001110011mmmmm100000nnnnnddddd" Plain SHA512H   "sha512h {Qd}, {Qn}, {Vm.2d}" [feature Sha512];
    SHA512H2  "11001110011mmmmm100001nnnnnddddd" Plain SHA512H2  "sha512h2 {Qd}, {Qn}, {Vm.2d}" [feature Sha512];
    SHA512SU1 "11001110011mmmmm100010nnnnnddddd" Plain SHA512SU1 "sha512su1 {Vd.2d}, {Vn.2d}, {Vm.2d}" [feature Sha512];
    RAX1      "11001110011mmmmm100011nnnnnddddd" Plain RAX1      "rax1 {Vd.2d}, {Vn.2d}, {Vm.2d}" [feature Sha3];
    SM3PARTW1 "11001110011mmmmm110000nnnnnddddd" Plain SM3PARTW1 "sm3partw1 {Vd.4s}, {Vn.4s}, {Vm.4s}" [feature Sm3];
    SM3PARTW2 "11001110011mmmmm110001nnnnnddddd" Plain SM3PARTW2 "sm3partw2 {Vd.4s}, {Vn.4s}, {Vm.4s}" [feature Sm3];
    SM4EKEY   "11001110011mmmmm110010nnnnnddddd" Plain SM4EKEY   "sm4ekey {Vd.4s}, {Vn.4s}, {Vm.4s}" [feature Sm4];

    // Cryptographic two-register SHA512
    SHA512SU0 "1100111011000000100000nnnnnddddd" Plain SHA512SU0 "sha512su0 {Vd.2d}, {Vn.2d}" [feature Sha512];
    SM4E      "1100111011000000100001nnnnnddddd" Plain SM4E      "sm4e {Vd.4s}, {Vn.4s}" [feature Sm4];

    // Cryptographic three-register, imm2
    SM3TT1A   "11001110010mmmmm10ii00nnnnnddddd" Plain SM3TT1A   "sm3tt1a {Vd.4s}, {Vn.4s}, {Vm}.s[{u13:12}]" [feature Sm3];
    SM3TT1B   "11001110010mmmmm10ii01nnnnnddddd" Plain SM3TT1B   "sm3tt1b {Vd.4s}, {Vn.4s}, {Vm}.s[{u13:12}]" [feature Sm3];
    SM3TT2A   "11001110010mmmmm10ii10nnnnnddddd" Plain SM3TT2A   "sm3tt2a {Vd.4s}, {Vn.4s}, {Vm}.s[{u13:12}]" [feature Sm3];
    SM3TT2B   "11001110010mmmmm10ii11nnnnnddddd" Plain SM3TT2B   "sm3tt2b {Vd.4s}, {Vn.4s}, {Vm}.s[{u13:12}]" [feature Sm3];

    // Cryptographic three-register, imm6
    XAR       "11001110100mmmmmiiiiiinnnnnddddd" Plain XAR       "xar {Vd.2d}, {Vn.2d}, {Vm.2d}, #{u15:10}" [feature Sha3];

    // Cryptographic four-register
    EOR3      "11001110000mmmmm0aaaaannnnnddddd" Plain EOR3      "eor3 {Vd.16b}, {Vn.16b}, {Vm.16b}, {Va.16b}" [feature Sha3];
    BCAX      "11001110001mmmmm0aaaaannnnnddddd" Plain BCAX      "bcax {Vd.16b}, {Vn.16b}, {Vm.16b}, {Va.16b}" [feature Sha3];
    SM3SS1    "11001110010mmmmm0aaaaannnnnddddd" Plain SM3SS1    "sm3ss1 {Vd.4s}, {Vn.4s}, {Vm.4s}, {Va.4s}" [feature Sm3];
}
