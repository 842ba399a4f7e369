"""The way of an item through its two reviews 一审 and 二审: queue, remarks, decisions."""
