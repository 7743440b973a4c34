#ifndef SV_RELEASE_PAGE_STYLE_H
#define SV_RELEASE_PAGE_STYLE_H

#include "base/buf.h"

/* page.css, compiled in (cmake/EmbedStyle.cmake), and its SHA-256. */
struct bytes page_style(void);
struct bytes page_style_sha256(void);

#endif
