#ifndef SV_TESTS_VECTORS_FORMAT_H
#define SV_TESTS_VECTORS_FORMAT_H

/* Made by tests/format/check_format.py --freeze, once it has read all of it:
 * the leaf hash of each entry, and the SHA-256 of each file. */
/* clang-format off */
static const char *const format_leaves[] = {
    "c5279cd28326d5182f63c128e305e6e8f4ed0519b6d17df0a719d65d58dc768f",
    "2300c5a5c59e7376cac43bb56d2554e5a3ae196fbfa899afbf16d8d926263f6c",
    "d12e1822ace724afdfdd43de1e53bd7000fffbf74bd9d1ca85df371c9c6bb55f",
    "6cf23fee43d5bbfae5d0e8690ff20c3a7c57e40676362c8d46592e9515f8a714",
    "80e2b934f4f511062b5ceb843e49a96eb3650872cb300fa520fdf1df4c948b6b",
    "02983e6474f00ab7b2946159ea8b2bbfe5f62165bcb4b25b8c38e114de5c2a4d",
    "385141600e7a8fe30f57b085cd540bb2c48ff2e70f49de4eafb880a2825f23c3",
    "3222fcc98a37555c31ed942d6dcbac4c234c92199473b45f10b9d886fbfddb8f",
    "bf2e87b57699d24136cf97a7603e759ca202596b9b7277de7c70be69d3a23c18",
    "5721e44550fed38fa84a1e512b1f4a4361c7fa5da7cfd934d0d4aba23764488f",
    "6f3922a2da103f70853cdec3ef27e18c812e99916d050ffb9f6d6b3593dfe3e0",
    "fbe7e6151dbc8a183f6aa8d7dcca5975fcfeaafab477361322ba2b618d531f85",
    "f9f123baa735500caa9010ca6066beadaf4f4e3754742fd591a32d452c59b0dd",
    "6c3347562e88c3f15440df8caf278384c1dc5a71f19aee0e43fddab9399cdeb8",
    "bb782f2f0dbb5cdcd020eb7d077b40c86f25bbde0b4db5f9f0d6b8f9e6133297",
    "e2806ee407ec129ccbe6dce79c971bf513c2828e7c57aa93b615da8cbd7adb17",
    "8009368800505d57d48fbe88b1bdfa467e418f54e31f03ec9b69f6628f5c5103",
    "38103520deabed4e4fcbec398bd8bf2002aaf4370c82eb0c9364219f3cbc25e7",
    "ee252595447bc69ab063498898a870abe333fb14f3b1f7d02f57f1c8264ca7c1",
    "21330a40f716fe26faa6d718f263af5c52840e435afbb1720ab1fd29809a7e6b",
    "bc06c7b7b628a3c4d3cd0d3322b08072ed5fb946e3d4649a8a67cb96caa1bf32",
    "171565147fea11327ebd481d8c38c48d31c6bd34dda00ebec70be23e11468b70",
    "cde1358fc09308895d45a0001a2a7cf623358a23247992fd3d03e0c419327363",
    "1e8b5abb02bf74cd65b349c9e3d285d5e42974cc061cb828e734784eb8c9ff8b",
    "569bfdee5c03a8b72d48423c7b7a709fa9468daf590c9b9293a5f08d0d9c55b6",
    "0329057f4797c19cfe1f3c6a67f8d593d9101defdd22033e0dbe8c05ab5a8d1e",
    "eddb095f8da26487e435a3ac33b985f4aed9d9c1f164c00761bc4a40eabee9e1",
    "348ab337cf9ad816fbecf495c16f2c8246f397c9d8839ee5fbb8694d60ec77e0",
    "f8b2a712bea9e87742a7c6f72b08dd8b6d4572c9bff287f45d4ba1a626cf06d2",
};

static const struct {
    const char *name;
    const char *sha256;
} format_files[] = {
    {"case.key",
     "7df2c517c6e1c72d66ee7aa8ccc4a8f783f302c97afa4d2530af5d6a8ecc7616"},
    {"case.slot",
     "e97bdbe517d604c3380a0beeaefa3074c51a4fbdec9ce4cb1c8fa1b66dd90e2f"},
    {"case.kek",
     "cfaeb50469890df9682992e040e82f8bb0048d3025bf485f3d8e887fcad393d7"},
    {"case.card",
     "5313408866f86ab71b618055e6b49c1847529ae79909a6784a9f9569d9723624"},
    {"founding.bin",
     "d6a5284503820083f73a4d576c4623fa9626c603cc05a15caeec44436bc5043f"},
    {"head.note",
     "d7a792d0455a52e448d1679c3142c3ced676f4d215a1c9e139b9a7af66dbee56"},
    {"log.bin",
     "93c1c4daa23ebd6211d00b3de4ecf865f7494104e4e9dd356867b07819490947"},
    {"case.pin",
     "1fc4849a3f8167b3a01637241a6df213bee469fd2eae96c62c0f0ba80eae92cc"},
    {"rows.bin",
     "96f18ae47b2285f521ae4c6cac48a11226a15c69f28fd23a01fc4c12ca968eee"},
    {"office.gate",
     "682e5d6aac854c91d116ea76fd30fb1a2514200cda1bf845dda24431ae83bf66"},
    {"head.bin",
     "8e073bb59f6aae3dfab2770a23a119d0e674297bd74f22678cb78a76e9d8a3ac"},
    {"messages.bin",
     "096199eae8b806dd151b628fbd0ba4bdf9526dd16986925984697df2e096ed13"},
    {"seeds.txt",
     "5568105cb02d88ee05e087a7150ff8f371877d086fb055b32cdcceadd2bc041b"},
};
/* clang-format on */

#endif
