# The tests that are not C: lint, and the black-box tests of the real binary,
# one ctest test a file. In the trees of the sanitizers a file's tests are
# chosen by pytest's markers (blackbox/conftest.py).
find_program(PYTHON3 NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH REQUIRED)

if(tree STREQUAL "")
	add_test(NAME lint COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/lint)
	add_test(NAME lint/test COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/lint_test)
	set_tests_properties(lint lint/test PROPERTIES LABELS lint TIMEOUT 120)
endif()

# Preloaded into the server by tests that need a slow disk or another clock.
add_library(ctio_shim MODULE shim/shim.c)
target_compile_features(ctio_shim PRIVATE c_std_11)
target_compile_definitions(ctio_shim PRIVATE _GNU_SOURCE)
target_compile_options(ctio_shim PRIVATE -Wall -Wextra -Wshadow)
target_link_libraries(ctio_shim PRIVATE ${CMAKE_DL_LIBS})
set_target_properties(ctio_shim PROPERTIES
	LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib PREFIX "")

# blackbox(FILE MARKERS): MARKERS is an expression for pytest's -m.
function(blackbox source markers)
	get_filename_component(name ${source} NAME_WE)
	set(test ${tree}blackbox/${name})
	set(environment ${sanitizers} PYTHONDONTWRITEBYTECODE=1
		CTIO_BIN=$<TARGET_FILE:ctio> CTIO_SHIM=$<TARGET_FILE:ctio_shim>
		CTIO_LOAD=$<TARGET_FILE:bench_load>
		CTIO_FLOOR=$<TARGET_FILE:bench_floor>
		CTIO_PROMTOOL=${CMAKE_SOURCE_DIR}/build/tools/promtool)
	file(STRINGS ${source} alone REGEX "mark\\.alone")
	add_test(NAME ${test} COMMAND ${PYTHON3} -m pytest -q
		-p no:cacheprovider -m "${markers}" ${source})
	set_tests_properties(${test} PROPERTIES
		TIMEOUT 1200 COST 100 LABELS blackbox ENVIRONMENT "${environment}")
	if(alone)
		set_tests_properties(${test} PROPERTIES RUN_SERIAL ON)
	endif()
endfunction()

if(TARGET ctio)
	file(GLOB sources CONFIGURE_DEPENDS
		${CMAKE_CURRENT_SOURCE_DIR}/blackbox/test_*.py)
	foreach(source ${sources})
		file(STRINGS ${source} asan REGEX "mark\\.asan")
		file(STRINGS ${source} tsan REGEX "mark\\.tsan")
		if(tree STREQUAL "")
			blackbox(${source} "")
		elseif(tree STREQUAL "asan/" AND asan)
			blackbox(${source} "asan")
		elseif(tree STREQUAL "tsan/" AND tsan)
			blackbox(${source} "tsan")
		endif()
	endforeach()
endif()
