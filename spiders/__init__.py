"""Where calls come from: one small module per source, named ``<cc>_<funder>``, found by Scrapy by itself."""
